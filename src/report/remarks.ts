import { isRate, levelOf } from '../record/load-point.ts';
import type { Measurement } from '../record/measurement.ts';

const NUMBER = /\d[\d,]*(?:\.\d+)?/g;

/**
 * What is remarked on these measurements, each remark once with the loads that it is about; where only numbers differ,
 * their range.
 * @example `with 1, 4: known to ± 4 to 14 %, not to the 3 % asked for`
 */
export function remarksOf(measurements: readonly Measurement[]): string[] {
  const said = measurements.flatMap(({ warnings, point }) =>
    warnings.map((text) => ({ text, load: levelOf(point), numbers: text.match(NUMBER) ?? [] })),
  );
  const word = measurements.some(({ point }) => isRate(point)) ? 'at' : 'with';
  return [...Map.groupBy(said, ({ text }) => text.replace(NUMBER, '#')).values()].map((same) => {
    const loads = [...new Set(same.map(({ load }) => load))].toSorted((a, b) => a - b);
    let place = 0;
    const text = same[0]!.text.replace(NUMBER, () => {
      const at = place++;
      return rangeOf(same.map(({ numbers }) => numbers[at]!));
    });
    return `${word} ${loads.join(', ')}: ${text}`;
  });
}

function rangeOf(numbers: readonly string[]): string {
  const read = (text: string): number => Number(text.replaceAll(',', ''));
  const sorted = numbers.toSorted((a, b) => read(a) - read(b));
  const [least, most] = [sorted[0]!, sorted.at(-1)!];
  return least === most ? least : `${least} to ${most}`;
}
