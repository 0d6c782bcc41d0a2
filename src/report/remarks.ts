import { isRate, levelOf } from '../record/load-point.ts';
import type { Measurement } from '../record/measurement.ts';

const NUMBER = /\d[\d,]*(?:\.\d+)?/g;

/** Remarks that are the same but for their numbers have the same form. */
export const formOf = (text: string): string => text.replace(NUMBER, '#');

/**
 * Remarks of one form as one, with the ranges of their numbers.
 * @example `known to ± 4 to 14 %, not to the 3 % asked for`
 */
export function mergedRemark(texts: readonly string[]): string {
  const numbers = texts.map((text) => text.match(NUMBER) ?? []);
  let place = 0;
  return texts[0]!.replace(NUMBER, () => {
    const at = place++;
    return rangeOf(numbers.map((own) => own[at]!));
  });
}

/**
 * What is remarked on these measurements, each remark once with the loads that it is about; where only numbers differ,
 * their range.
 * @example `with 1, 4: known to ± 4 to 14 %, not to the 3 % asked for`
 */
export function remarksOf(measurements: readonly Measurement[]): string[] {
  const said = measurements.flatMap(({ warnings, point }) =>
    warnings.map((text) => ({ text, load: levelOf(point) })),
  );
  const word = measurements.some(({ point }) => isRate(point)) ? 'at' : 'with';
  return [...Map.groupBy(said, ({ text }) => formOf(text)).values()].map((same) => {
    const loads = [...new Set(same.map(({ load }) => load))].toSorted((a, b) => a - b);
    return `${word} ${loads.join(', ')}: ${mergedRemark(same.map(({ text }) => text))}`;
  });
}

function rangeOf(numbers: readonly string[]): string {
  const read = (text: string): number => Number(text.replaceAll(',', ''));
  const sorted = numbers.toSorted((a, b) => read(a) - read(b));
  const [least, most] = [sorted[0]!, sorted.at(-1)!];
  return least === most ? least : `${least} to ${most}`;
}
