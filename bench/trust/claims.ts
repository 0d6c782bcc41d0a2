import type { ModelConfig } from '../../src/model-config/model-config.ts';
import { isSamePoint, type LoadPoint, levelOf } from '../../src/record/load-point.ts';
import type { Results } from '../../src/record/results.ts';

/** Throughput with its interval, as a run told it of a configuration at a load. */
export interface Claim {
  /** Configuration and load in words: the same for the same of any run. */
  readonly name: string;
  readonly config: ModelConfig;
  readonly point: LoadPoint;
  /** infer/s. */
  readonly interval: readonly [number, number];
}

/** What a run told of what it decided for and, where that is another, of the default. */
export function claimsOf(results: Results): Claim[] {
  const { winner, default: base, belief } = results.models[0]!;
  return [winner, base].flatMap((entry, index) => {
    const trial = results.trials.find(({ name }) => name === entry?.variant);
    if (!entry || !trial || (index === 1 && entry.variant === winner?.variant)) return [];
    const believed =
      belief?.variant === entry.variant && isSamePoint(belief.point, entry.point)
        ? belief.interval
        : undefined;
    const [low, high] = believed ?? entry.intervals['perf_throughput'] ?? [null, null];
    if (low === null || high === null) return [];
    const { variant, point } = entry;
    return [{ name: nameOf(variant, point), config: trial.models[0]!.config, point, interval: [low, high] }];
  });
}

/** What a run decided for, in the words of claims. */
export function decisionOf(results: Results): string {
  const { winner } = results.models[0]!;
  return winner ? nameOf(winner.variant, winner.point) : 'nothing';
}

const nameOf = (variant: string, point: LoadPoint): string => `${variant} with ${levelOf(point)}`;
