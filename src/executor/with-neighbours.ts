import { isClientBound, type Measurement } from '../record/measurement.ts';
import type { OpenTrial, PointRequest } from '../trial/trial.ts';
import type { OnTrialEvent } from '../trial/trial-event.ts';
import { type Neighbours, suffering } from './neighbours.ts';

/**
 * A trial whose points are measured beside other lanes, and once more alone when they seem to have suffered from them.
 * What was measured beside others stands where that fails, or where there is no time for it.
 */
export const withNeighbours = (trial: OpenTrial, neighbours: Neighbours, on: OnTrialEvent): OpenTrial => ({
  spec: trial.spec,
  get failure() {
    return trial.failure;
  },
  async measure(request) {
    const left = timer(request);
    // Waiting for others takes of the time, too.
    const { result: found, company } = await neighbours.together(() => trial.measure(left()));
    if (found.state !== 'measured') return found;
    const result = company.shared ? { ...found, measurement: withoutShare(found.measurement) } : found;
    const { measurement } = result;
    if (!company.shared) neighbours.learn(measurement);
    const sign = suffering(company, {
      stable: measurement.stable,
      clientBound: isClientBound(measurement),
    });
    // Where points are not precise without a neighbour either, measuring again brings nothing.
    const isTelling = (): boolean => sign?.by !== 'precision' || neighbours.precisionTells;
    if (!sign || !isTelling()) return result;
    const reason = sign.text;
    const { withinS = Number.POSITIVE_INFINITY } = left();
    if (withinS < measurement.warmupS + measurement.durationS) {
      return {
        ...result,
        measurement: besideOthers(measurement, `${reason}, and there was no time to measure it alone`),
      };
    }
    on({ kind: 'phase', variant: trial.spec.variant, phase: 'measuring again alone', point: request.point });
    const alone = await neighbours.alone(async () => {
      // Others may have been measured alone while this one waited for its turn.
      if (!isTelling()) return undefined;
      const outcome = await trial.measure(left());
      if (outcome.state === 'measured') neighbours.learn(outcome.measurement);
      return outcome;
    });
    if (!alone) return result;
    return alone.state === 'measured'
      ? { ...alone, measurement: { ...alone.measurement, againAlone: reason } }
      : {
          ...result,
          measurement: besideOthers(measurement, `${reason}, and alone it failed: ${alone.cause}`),
        };
  },
  close: () => trial.close(),
});

/** The request with what is left of its time. */
function timer(request: PointRequest): () => PointRequest {
  const { withinS } = request;
  if (withinS === undefined) return () => request;
  const endMs = performance.now() + withinS * 1000;
  return () => ({ ...request, withinS: (endMs - performance.now()) / 1000 });
}

/** Of the CPU that others had it is not known how much other programs had, and how much the lanes beside this one. */
const withoutShare = ({ othersShare: _, idleShare: __, ...measurement }: Measurement): Measurement =>
  measurement;

const besideOthers = (measurement: Measurement, why: string): Measurement => ({
  ...measurement,
  besideOthers: why,
  warnings: [...measurement.warnings, `measured beside others: ${why}`],
});
