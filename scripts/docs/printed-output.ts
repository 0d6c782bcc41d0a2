import { readFileSync, writeFileSync } from 'node:fs';

/** Where the block of text behind a mark begins and ends in a document, its fences left out. */
function blockBehind(page: string, mark: string, file: string): [from: number, to: number] {
  const at = page.indexOf(mark);
  const block = /^```text\n(.*?)^```$/dms.exec(page.slice(at));
  if (at < 0 || !block) throw new Error(`${file} has no block of text behind ${mark}`);
  const [from, to] = block.indices![1]!;
  return [at + from, at + to];
}

/** Puts what was printed into a document, in place of what stands behind a mark. @throws Error where there is none. */
export function putOutput(file: string, mark: string, text: string): void {
  if (text.trim() === '') throw new Error(`nothing was printed for ${mark}`);
  const page = readFileSync(file, 'utf8');
  const [from, to] = blockBehind(page, mark, file);
  writeFileSync(file, `${page.slice(0, from)}${text.trim()}\n${page.slice(to)}`);
}

/** What a document shows behind a mark. @throws Error where there is none. */
export function outputIn(file: string, mark: string): string {
  const page = readFileSync(file, 'utf8');
  return page.slice(...blockBehind(page, mark, file));
}
