import type { ModelConfig } from '../../src/model-config/model-config.ts';
import { type LoadPoint, levelOf } from '../../src/record/load-point.ts';
import type { Results } from '../../src/record/results.ts';

/** Throughput with its interval, as a run told it of a configuration at a load. */
export interface Claim {
  /** Configuration and load in words: the same for the same of any run. */
  readonly name: string;
  /** Name of the configuration. */
  readonly trial: string;
  readonly config: ModelConfig;
  readonly point: LoadPoint;
  /** infer/s. */
  readonly interval: readonly [number, number];
}

/**
 * What a run told of its finalists: of what it measured on several starts of the server. Of one start it tells only where the
 * value of that start lies.
 */
export function claimsOf(results: Results): Claim[] {
  return results.models[0]!.ranking.flatMap(({ variant, point, starts, intervals }) => {
    const trial = results.trials.find(({ name }) => name === variant);
    const [low, high] = intervals['perf_throughput'] ?? [null, null];
    if (!trial || (starts ?? 1) < 2 || low === null || high === null) return [];
    return [
      {
        name: nameOf(variant, point),
        trial: variant,
        config: trial.models[0]!.config,
        point,
        interval: [low, high],
      },
    ];
  });
}

/** What a run decided for, in the words of claims. */
export function decisionOf(results: Results): string {
  const { winner } = results.models[0]!;
  return winner ? nameOf(winner.variant, winner.point) : 'nothing';
}

const nameOf = (variant: string, point: LoadPoint): string => `${variant} with ${levelOf(point)}`;
