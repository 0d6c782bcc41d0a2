import { metric } from '../../ground/metric.ts';
import { formatNumber, formatValue, unitOf } from '../words.ts';
import type { Evidence } from './finding.ts';
import { evidenceOf, type Scene } from './scene.ts';
import type { Plateau } from './setting-family.ts';

/** `throughput 1,190 infer/s instead of 1,200, at most 2.1 % better within the noise`. */
export function noGainText({ from, to, most }: Plateau, { ranking: { goal } }: Scene): string {
  const figures = goal.objectives.map(({ tag }) => {
    const { label } = metric(tag);
    const unit = unitOf(tag, goal);
    const [old, now] = [from, to].map(({ entry }) =>
      formatValue(entry.best.measurement.whole.values[tag] ?? Number.NaN, tag),
    );
    return `${label} ${now}${unit && ` ${unit}`} instead of ${old}`;
  });
  const bound =
    most < 0 ? 'worse by more than the noise' : `at most ${formatNumber(most)} % better within the noise`;
  return `${figures.join(', ')}, ${bound}`;
}

export const plateauEvidence = (
  { from, to }: Plateau,
  { ranking: { goal } }: Scene,
  tags: readonly string[],
): Evidence[] =>
  [from, to].map(({ entry }) =>
    evidenceOf(entry, entry.best.measurement, [...goal.objectives.map(({ tag }) => tag), ...tags]),
  );
