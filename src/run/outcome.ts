import type { Figures } from '../record/measurement.ts';
import type { PointRecord } from '../record/run.ts';
import type { Outcome } from '../search/search.ts';
import { concernsAll, wantsRoom } from '../server/failure.ts';
import { relativeHalfWidth } from '../statistics/intervals.ts';

/** How many standard deviations a 95 % interval reaches to either side. */
const NORMAL_95 = 1.96;

/** Relative standard deviations, by intervals of 95 %. */
const deviationsOf = (intervals: Figures['intervals']): Record<string, number> =>
  Object.fromEntries(
    Object.entries(intervals).flatMap(([tag, interval]) => {
      const width = relativeHalfWidth(interval);
      return width === undefined ? [] : [[tag, width / NORMAL_95]];
    }),
  );

/**
 * A record as a search is told of it.
 * @param started a server was started for it.
 */
export function outcomeOf(record: PointRecord, started: boolean): Outcome {
  if (record.state === 'measured') {
    const {
      whole: { values, intervals },
    } = record.measurement;
    return { state: 'measured', started, values, deviations: deviationsOf(intervals) };
  }
  const { kind, cause } = record.state === 'failed' ? record : { kind: undefined, cause: '' };
  return {
    state: 'failed',
    started,
    kind: kind ?? 'other',
    cause,
    wantsRoom: kind !== undefined && wantsRoom(kind),
    concernsAll: kind !== undefined && concernsAll({ kind }),
  };
}
