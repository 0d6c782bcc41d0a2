import { counted } from '../../ground/wording.ts';
import { isClientBound } from '../../record/measurement.ts';
import { formatNumber, loadWords } from '../words.ts';
import type { Rule } from './rule.ts';
import { allPoints, carries, evidenceOf } from './scene.ts';

export const clientBound: Rule = {
  name: 'client-bound',
  kind: 'doubt',
  speaks: 'the load generator, not the server, was the limit of the best point, or of others',
  find(scene) {
    const all = allPoints(scene);
    const bound = all.filter(({ measurement }) => isClientBound(measurement));
    if (!carries(bound.map(({ measurement }) => measurement))) return undefined;
    const evidence = bound.map(({ entry, measurement }) =>
      evidenceOf(
        entry,
        measurement,
        ['perf_throughput'],
        measurement.client?.busy === undefined ? {} : { client_busy: measurement.client.busy },
      ),
    );
    const { trial, best } = scene.shown;
    const reasonOf = (reasons: readonly string[] = []): string => (reasons[0] ? ` (${reasons[0]})` : '');
    if (isClientBound(best.measurement)) {
      const { point, whole, bottleneck } = best.measurement;
      return {
        text: `The load generator was the limit of ${trial.name} ${loadWords(point)}${reasonOf(bottleneck?.reasons)}: the server can do ${formatNumber(whole.values['perf_throughput'] ?? Number.NaN)} infer/s at least, how much more is not known.`,
        evidence: [
          ...evidence.filter(({ variant }) => variant === trial.name),
          ...evidence.filter(({ variant }) => variant !== trial.name),
        ],
        worth: 1,
      };
    }
    const [first] = bound;
    return {
      text: `At ${formatShare(bound.length, all.length)} the load generator was the limit, such as ${first!.entry.trial.name} ${loadWords(first!.measurement.point)}${reasonOf(first!.measurement.bottleneck?.reasons)}: there the figures are the least that the server can do.`,
      evidence,
      worth: bound.length / all.length,
    };
  },
};

/** `3 of 12 points`. */
export const formatShare = (some: number, all: number): string => `${some} of ${counted(all, 'point')}`;
