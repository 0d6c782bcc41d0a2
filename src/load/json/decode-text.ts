import { CHAR, endOfText } from './scan.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** The bytes that the JSON text at `at` stands for: those of the file, escapes written out. */
export function decodeText(bytes: Buffer, at: number): Buffer {
  const end = endOfText(bytes, at) - 1;
  const inner = bytes.subarray(at + 1, end);
  if (!inner.includes(CHAR.backslash)) return inner;
  const pieces: Buffer[] = [];
  let from = 0;
  for (;;) {
    const next = inner.indexOf(CHAR.backslash, from);
    if (next < 0) break;
    pieces.push(inner.subarray(from, next));
    const letter = String.fromCharCode(inner[next + 1]!);
    if (letter === 'u') {
      const run = escapedLetters(inner, next);
      pieces.push(Buffer.from(run.text));
      from = run.end;
    } else {
      pieces.push(Buffer.from(ESCAPES[letter]!));
      from = next + 2;
    }
  }
  pieces.push(inner.subarray(from));
  return Buffer.concat(pieces);
}

/** Escapes of the form \uXXXX that follow each other: two of them may be one letter. */
function escapedLetters(bytes: Buffer, start: number): { text: string; end: number } {
  const units: string[] = [];
  let at = start;
  while (bytes[at] === CHAR.backslash && bytes[at + 1] === 0x75) {
    units.push(String.fromCharCode(Number.parseInt(bytes.toString('latin1', at + 2, at + 6), 16)));
    at += 6;
  }
  return { text: units.join(''), end: at };
}
