import { formatNumber } from '../words.ts';
import { formatShare } from './client-bound.ts';
import type { Rule } from './rule.ts';
import { allPoints, carries, evidenceOf } from './scene.ts';

/** Of fewer points than this share nothing is said, unless the best is among them. */
const LEAST_SHARE = 0.1;

export const heldBackGpu: Rule = {
  name: 'held-back-gpu',
  kind: 'doubt',
  speaks: "a GPU's clocks were held back by its power or temperature at the best point, or at a tenth of all",
  find(scene) {
    const all = allPoints(scene);
    const held = all.filter(({ measurement: { gpuStates = {} } }) =>
      Object.values(gpuStates).some(({ throttled }) => throttled.length > 0),
    );
    const isShown = held.some(({ measurement }) => measurement === scene.shown.best.measurement);
    if (!carries(held.map(({ measurement }) => measurement))) return undefined;
    if (!isShown && held.length < LEAST_SHARE * all.length) return undefined;
    const states = held
      .flatMap(({ measurement: { gpuStates = {} } }) => Object.values(gpuStates))
      .filter(({ throttled }) => throttled.length > 0);
    const why = [...new Set(states.flatMap(({ throttled }) => throttled))].join(', ');
    const clocks = states.flatMap(({ smClockMHz }) => smClockMHz ?? []);
    const range =
      clocks.length > 0
        ? `, SM clock ${formatNumber(Math.min(...clocks))} to ${formatNumber(Math.max(...clocks))} MHz`
        : '';
    return {
      text: `The GPU was held back at ${formatShare(held.length, all.length)} (${why}${range})${isShown ? ', the best among them' : ''}: cooler, or with locked clocks, the figures differ.`,
      evidence: held.map(({ entry, measurement }) => {
        const own = Object.values(measurement.gpuStates ?? {}).flatMap(({ smClockMHz }) => smClockMHz ?? []);
        return evidenceOf(
          entry,
          measurement,
          ['perf_throughput', 'gpu_power_usage'],
          own.length > 0 ? { lowest_sm_clock_mhz: Math.min(...own) } : {},
        );
      }),
      worth: held.length / all.length,
    };
  },
};
