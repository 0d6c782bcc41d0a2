import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PaperSize } from '../config/paper-sizes.ts';
import { visible } from '../ground/wording.ts';

const STYLE = fileURLToPath(new URL('../../templates/paper.css', import.meta.url));

/** What stands at the edges of every sheet. */
export interface RunningTitle {
  /** What it is about, on the left of the head. */
  readonly about: string;
  /** When it was measured; empty where that is not known. */
  readonly date: string;
}

/** As the name of a size in CSS. */
const SIZES: Readonly<Record<PaperSize, string>> = { a4: 'A4', letter: 'letter' };

/** A text of CSS in quotes, whatever stands in it: within a page, too, it ends neither the text nor the style sheet. */
const cssText = (text: string): string =>
  `"${visible(text).replace(/[^\p{L}\p{N} .,:_-]/gu, (letter) => `\\${letter.codePointAt(0)!.toString(16)} `)}"`;

/** A page as it is printed: without scripts and links that lead off it, with the paper's size and what runs along its edges. */
export function forPaper(html: string, size: PaperSize | undefined, { about, date }: RunningTitle): string {
  const edges = `@top-left { content: ${cssText(about)} } @top-right { content: ${cssText(date)} }`;
  const pages = `@page { size: ${SIZES[size ?? 'a4']}; ${edges} } @page appendix { size: ${SIZES[size ?? 'a4']} landscape }`;
  return withShortIds(html)
    .replace(/<script>[\s\S]*?<\/script>/g, '')
    .replace(/<a [^>]*?href="(?!#)[^"]*"/g, '<a')
    .replace('</head>', () => `<style>${readFileSync(STYLE, 'utf8')}${pages}</style></head>`);
}

/** A PDF has no room for longer ones than 127 bytes, and an id may be as long as a name. */
const LONGEST_ID = 60;

/** Long ids, and what leads to them, by their number. */
function withShortIds(html: string): string {
  const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id!);
  const short = new Map(ids.flatMap((id, index) => (id.length > LONGEST_ID ? [[id, `id-${index}`]] : [])));
  return html.replace(
    /( id="| href="#)([^"]+)"/g,
    (_, before: string, id: string) => `${before}${short.get(id) ?? id}"`,
  );
}
