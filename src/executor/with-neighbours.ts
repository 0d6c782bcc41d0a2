import { isClientBound } from '../record/measurement.ts';
import type { OpenTrial } from '../trial/trial.ts';
import type { OnTrialEvent } from '../trial/trial-event.ts';
import { type Neighbours, suffering } from './neighbours.ts';

/** A trial whose points are measured beside other lanes, and once more alone when they seem to have suffered from them. */
export const withNeighbours = (trial: OpenTrial, neighbours: Neighbours, on: OnTrialEvent): OpenTrial => ({
  spec: trial.spec,
  get failure() {
    return trial.failure;
  },
  async measure(request) {
    const { result, company } = await neighbours.together(() => trial.measure(request));
    if (result.state !== 'measured') return result;
    const { measurement } = result;
    const reason = suffering(company, {
      stable: measurement.stable,
      clientBound: isClientBound(measurement),
    });
    if (reason === undefined) return result;
    on({ kind: 'phase', variant: trial.spec.variant, phase: 'measuring again alone', point: request.point });
    const alone = await neighbours.alone(() => trial.measure(request));
    return alone.state === 'measured'
      ? { ...alone, measurement: { ...alone.measurement, againAlone: reason } }
      : alone;
  },
  close: () => trial.close(),
});
