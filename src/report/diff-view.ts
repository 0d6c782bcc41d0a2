import { counted } from '../ground/wording.ts';
import { type DiffLine, hunksOf } from '../model-config/diff.ts';

/** Lines around a change that are shown with it. */
const CONTEXT = 3;

const isKept = ({ change }: DiffLine): boolean => change === ' ';
const indentOf = (text: string): number => text.length - text.trimStart().length;

/** The line that opens what a line stands in, as `instance_group: {`; undefined for what stands in nothing. */
function openerOf(lines: readonly DiffLine[], at: number): string | undefined {
  const depth = indentOf(lines[at]!.text);
  const before = lines.slice(0, at).filter(({ change }) => change !== '-');
  return before.findLast(({ text }) => text.trim() !== '' && indentOf(text) < depth)?.text.trim();
}

/**
 * A difference as lines with their kind. What is left out between two changes is a gap, which says how much that is, and
 * in what the next line stands.
 */
export function diffView(lines: readonly DiffLine[]): { kind: string; text: string }[] {
  if (lines.every(isKept)) return [];
  let shown = 0;
  const view = hunksOf(lines, CONTEXT).flatMap((hunk) => {
    const start = lines.indexOf(hunk[0]!, shown);
    const left = start - shown;
    shown = start + hunk.length;
    const opener = left > 0 ? openerOf(lines, start) : undefined;
    return [
      ...(left > 0 ? [gap(left, opener)] : []),
      ...hunk.map(({ change, text }) => ({
        kind: change === '+' ? 'added' : change === '-' ? 'removed' : 'kept',
        text: `${change} ${text}`,
      })),
    ];
  });
  return shown < lines.length ? [...view, gap(lines.length - shown)] : view;
}

const gap = (lines: number, opener?: string) => ({
  kind: 'gap',
  text: `⋯ ${counted(lines, 'line')} as before${opener === undefined ? '' : `; then in ${opener}`}`,
});

/** The same as text, as it is shown. */
export const diffCopy = (view: readonly { readonly text: string }[]): string =>
  view.map(({ text }) => `${text}\n`).join('');
