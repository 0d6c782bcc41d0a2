import type { JsonText } from './json/json-text.ts';
import { type Element, isFloat, rangeOf } from './tensor-data.ts';
import { wholeNumber } from './whole-number.ts';

/** An integer of no more characters than this is exact as a JavaScript number, too. */
const SHORT = 15;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const NOT_FINITE: ReadonlyMap<string, number> = new Map([
  ['NaN', Number.NaN],
  ['-NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['Inf', Number.POSITIVE_INFINITY],
  ['-Inf', Number.NEGATIVE_INFINITY],
]);

/**
 * Reads values as elements of a datatype, exactly as they stand in the file: integers of any size, numbers in texts
 * too;
 * for BYTES a text's bytes or a number's letters.
 * @param name how messages call the tensor. @returns a function that throws UserError with line and column.
 */
export function elementReader(
  json: JsonText,
  datatype: string,
  name: string,
): (at: number, index: number) => Element {
  const read = readerOf(json, datatype);
  return (at, index) => {
    const element = read(at);
    if (typeof element !== 'object' || element instanceof Uint8Array) return element;
    return json.fail(at, `${name} is ${datatype}, value ${index + 1} is ${json.excerpt(at)}`, element.hint);
  };
}

/** Why a value is no element of the datatype: what to write instead. */
interface Misfit {
  readonly hint: string;
}

function readerOf(json: JsonText, datatype: string): (at: number) => Element | Misfit {
  if (datatype === 'BYTES') return (at) => bytesElement(json, at);
  if (datatype === 'BOOL') return (at) => truth(json, at);
  if (isFloat(datatype)) return (at) => float(json, at);
  const range = rangeOf(datatype)!;
  return (at) => whole(json, at, range);
}

function bytesElement(json: JsonText, at: number): Element | Misfit {
  const kind = json.kind(at);
  if (kind === 'text') return json.text(at);
  if (kind === 'number') return json.source(at);
  return { hint: 'a text stands in double quotes' };
}

/** The characters of a number, or of a text that may hold one. */
function lettersOf(json: JsonText, at: number): string | undefined {
  const kind = json.kind(at);
  if (kind === 'number') return json.source(at);
  return kind === 'text' ? json.text(at).toString('latin1').trim() : undefined;
}

function truth(json: JsonText, at: number): Element | Misfit {
  const source = json.source(at);
  if (source === 'true' || source === 'false') return source === 'true';
  const number = json.kind(at) === 'number' ? Number(source) : Number.NaN;
  return number === 0 || number === 1 ? number === 1 : { hint: 'write true, false, 1 or 0' };
}

function float(json: JsonText, at: number): Element | Misfit {
  const letters = lettersOf(json, at);
  if (letters === undefined) return truthAsNumber(json, at) ?? { hint: 'write a number, NaN or Infinity' };
  const known = NOT_FINITE.get(letters);
  if (known !== undefined) return known;
  return NUMBER.test(letters) ? Number(letters) : { hint: 'write a number, NaN or Infinity' };
}

function whole(json: JsonText, at: number, [least, most]: readonly [bigint, bigint]): Element | Misfit {
  const letters = lettersOf(json, at);
  const outside = { hint: `write whole numbers from ${least} to ${most}` };
  if (letters === undefined) return truthAsNumber(json, at) ?? outside;
  if (letters.length <= SHORT && /^-?\d+$/.test(letters)) {
    const value = Number(letters);
    return value >= least && value <= most ? value : outside;
  }
  const found = NUMBER.test(letters) ? wholeNumber(letters) : undefined;
  if (found?.kind !== 'whole') return outside;
  return found.value >= least && found.value <= most ? found.value : outside;
}

/** true and false are 1 and 0. */
function truthAsNumber(json: JsonText, at: number): number | undefined {
  const source = json.kind(at) === 'word' ? json.source(at) : undefined;
  return source === 'true' ? 1 : source === 'false' ? 0 : undefined;
}
