import type { Measurement } from '../record/measurement.ts';
import type { PointRecord } from '../record/run.ts';
import type { Outcome, Witness } from '../search/search.ts';
import { concernsAll, wantsRoom } from '../server/failure.ts';
import { relativeHalfWidth } from '../statistics/intervals.ts';

/** How many standard deviations a 95 % interval reaches to either side. */
const NORMAL_95 = 1.96;

/** Relative standard deviations, by intervals of 95 %. */
const deviationsOf = (intervals: Measurement['whole']['intervals']): Record<string, number> =>
  Object.fromEntries(
    Object.entries(intervals).flatMap(([tag, interval]) => {
      const width = relativeHalfWidth(interval);
      return width === undefined ? [] : [[tag, width / NORMAL_95]];
    }),
  );

/** As they are written down, so that a run that is repeated asks the same. */
const secondsOf = ({
  measurement: { warmupS, durationS },
  startS = 0,
}: MeasuredRecord): Outcome['seconds'] => ({
  start: startS,
  look: warmupS + durationS,
});

/**
 * When it was measured and what was seen beside it; nothing of what an earlier session measured: that the machine may have
 * been another then is told with its date.
 */
function whenOf({ startedAt, takenOver, othersShare, idleShare, gpuStates = {}, gpuSharers }: Measurement): {
  readonly atMs?: number;
  readonly witness?: Witness;
} {
  const atMs = Date.parse(startedAt);
  if (takenOver || Number.isNaN(atMs)) return {};
  const held = Object.values(gpuStates).some(({ throttled }) => throttled.some((why) => HELD.test(why)));
  return {
    atMs,
    witness: {
      held: held || gpuSharers !== undefined,
      ...(othersShare !== undefined && { othersShare }),
      ...(idleShare !== undefined && { idleShare }),
    },
  };
}

/** What holds a GPU back whatever load it is under, and is not there on another day. */
const HELD = /thermal|brake|slowdown/i;

type MeasuredRecord = Extract<PointRecord, { state: 'measured' }>;

/**
 * A record as a search is told of it.
 * @param started a server was started for it.
 */
export function outcomeOf(record: PointRecord, started: boolean): Outcome {
  if (record.state === 'measured') {
    const {
      whole: { values, intervals },
    } = record.measurement;
    return {
      state: 'measured',
      started,
      seconds: secondsOf(record),
      ...whenOf(record.measurement),
      values,
      deviations: deviationsOf(intervals),
    };
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
