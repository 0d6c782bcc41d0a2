import type { Ranking } from '../../rank/rank.ts';
import type { RankedEntry } from '../../rank/standings.ts';
import type { Run } from '../../record/run.ts';
import { type Capacity, capacityOf } from './capacity.ts';
import { type Replicas, replicasFor } from './replicas.ts';
import { type Resources, resourcesOf } from './resources.ts';

/** What is wanted of a deployment. */
export interface Demand {
  /** Inferences a second that all replicas carry together; undefined: nobody said. */
  readonly requestRate?: number | undefined;
  /** The same at most, up to which an autoscaler may add replicas; undefined: the same as `requestRate`. */
  readonly peakRequestRate?: number | undefined;
  /** Share on top, of the rates, of CPU and of memory: 0.2 for 20 %. */
  readonly headroom: number;
}

/** What one configuration needs where it is served: plain data, from which manifests and JSON are made. */
export interface Deployment {
  /** Name of the model, or of those that were loaded together, with commas between them. */
  readonly model: string;
  readonly variant: string;
  readonly capacity: Capacity | undefined;
  /** undefined: no rate was asked for, or nothing that was measured keeps the constraints. */
  readonly replicas: Replicas | undefined;
  /** The same for the peak. */
  readonly peak: Replicas | undefined;
  readonly resources: Resources;
  /** Image of the server that it was measured with; undefined: it was no container. */
  readonly image: string | undefined;
}

/** What a configuration needs, by what was measured of it. */
export function deploymentOf(
  run: Pick<Run, 'sessions'>,
  ranking: Pick<Ranking, 'model' | 'belief' | 'goal' | 'noise'>,
  entry: RankedEntry,
  { requestRate, peakRequestRate, headroom }: Demand,
): Deployment {
  const capacity = capacityOf(entry, ranking);
  const forRate = (rate: number | undefined): Replicas | undefined =>
    rate === undefined || !capacity ? undefined : replicasFor(rate, headroom, capacity);
  const environment = run.sessions.at(-1)?.environment;
  return {
    model: ranking.model,
    variant: entry.trial.name,
    capacity,
    replicas: forRate(requestRate),
    peak: forRate(peakRequestRate),
    resources: resourcesOf(entry, headroom),
    image: environment?.launcher === 'docker' ? environment.server : undefined,
  };
}
