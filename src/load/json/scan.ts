/** Bytes that mean something in JSON. */
export const CHAR = {
  tab: 0x09,
  newline: 0x0a,
  return: 0x0d,
  space: 0x20,
  quote: 0x22,
  comma: 0x2c,
  colon: 0x3a,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  f: 0x66,
  n: 0x6e,
  t: 0x74,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const;

/** The first byte from `at` on that is no blank; the length of the text when there is none. */
export function skipBlanks(bytes: Uint8Array, at: number): number {
  let next = at;
  while (next < bytes.length) {
    const char = bytes[next]!;
    if (char > CHAR.space) break;
    if (char !== CHAR.space && char !== CHAR.newline && char !== CHAR.return && char !== CHAR.tab) break;
    next++;
  }
  return next;
}

/** Where a number or word that starts at `at` ends. */
export function endOfScalar(bytes: Uint8Array, at: number): number {
  let end = at;
  while (end < bytes.length) {
    const char = bytes[end]!;
    if (char <= CHAR.space || char === CHAR.comma || char === CHAR.closeBracket || char === CHAR.closeBrace)
      break;
    end++;
  }
  return end;
}

/** Behind the closing quote of a text that starts at `at`. */
export function endOfText(bytes: Uint8Array, at: number): number {
  let end = at + 1;
  while (end < bytes.length && bytes[end] !== CHAR.quote) end += bytes[end] === CHAR.backslash ? 2 : 1;
  return end + 1;
}

const isDigit = (char: number | undefined): boolean => char !== undefined && char >= 0x30 && char <= 0x39;

/** Behind the digits that start at `at`. */
function endOfDigits(bytes: Uint8Array, at: number): number {
  let end = at;
  while (isDigit(bytes[end])) end++;
  return end;
}

/** Whether a number of JSON stands from `start` to `end`. */
export function isNumber(bytes: Uint8Array, start: number, end: number): boolean {
  let at = bytes[start] === 0x2d ? start + 1 : start;
  const whole = endOfDigits(bytes, at);
  if (whole === at || (bytes[at] === 0x30 && whole > at + 1)) return false;
  at = whole;
  if (bytes[at] === 0x2e) {
    const fraction = endOfDigits(bytes, at + 1);
    if (fraction === at + 1) return false;
    at = fraction;
  }
  if (bytes[at] === 0x65 || bytes[at] === 0x45) {
    const signed = bytes[at + 1] === 0x2d || bytes[at + 1] === 0x2b ? at + 2 : at + 1;
    const exponent = endOfDigits(bytes, signed);
    if (exponent === signed) return false;
    at = exponent;
  }
  return at === end;
}
