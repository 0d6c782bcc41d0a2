import { isSamePoint } from './load-point.ts';
import type { PointRecord, StepTimes, Trial, TrialEnd, VariantRecord } from './run.ts';

/** A measurement of a point. */
export type Measured = Extract<PointRecord, { state: 'measured' }>;

export const isMeasured = (record: PointRecord): record is Measured => record.state === 'measured';

/** A measurement as a session has it that did not make it. */
export const asTaken = (record: Measured): Measured => ({
  ...record,
  measurement: { ...record.measurement, takenOver: true },
});

/** What stands of a variant's points in the end: every measurement of a point, or else the latest word on it. */
export function settled(records: readonly PointRecord[]): PointRecord[] {
  if (records.length < 2) return [...records];
  const points = new Map<string, PointRecord[]>();
  for (const record of records) {
    const id = pointId(record);
    points.set(id, [...(points.get(id) ?? []).filter(isMeasured), record]);
    if (record.state !== 'skipped') unskip(points, record);
  }
  return [...points.values()].flat();
}

/** A point that was skipped once and tried later is not skipped any more. */
function unskip(points: Map<string, PointRecord[]>, tried: Exclude<PointRecord, { state: 'skipped' }>): void {
  const point = tried.state === 'measured' ? tried.measurement.point : tried.point;
  for (const [id, [record]] of points) {
    if (record?.state !== 'skipped') continue;
    const rest = record.points.filter((other) => !isSamePoint(other, point));
    if (rest.length === 0) points.delete(id);
    else if (rest.length < record.points.length) points.set(id, [{ ...record, points: rest }]);
  }
}

const pointId = (record: PointRecord): string =>
  record.state === 'skipped' ? `skipped: ${record.reason}` : record.key;

/** A variant with what was found out about it, by its points and the ends of its trials in order. */
export function toTrial(
  variant: VariantRecord,
  points: readonly PointRecord[],
  ends: readonly TrialEnd[],
): Trial {
  const end = ends.length > 0 ? ends.reduce(withStepsOf) : undefined;
  return {
    ...variant,
    state: stateOf(points, end),
    points,
    end,
    ...(ends.length > 1 && { starts: ends.length }),
  };
}

/**
 * How a variant's last trial ended, with the time that all of them took and the most memory that any of them had. A bug of ours is told however often the variant
 * worked afterwards.
 */
function withStepsOf(before: TrialEnd, end: TrialEnd): TrialEnd {
  const names = Object.keys(end.steps) as (keyof StepTimes)[];
  const sums = names.map((name) => [name, end.steps[name] + before.steps[name]]);
  const steps = Object.fromEntries(sums) as unknown as StepTimes;
  const peaks = [before, end].flatMap(({ peakMemoryMB }) => peakMemoryMB ?? []);
  const together = { steps, ...(peaks.length > 0 && { peakMemoryMB: Math.max(...peaks) }) };
  if (before.kind !== 'bug of tma' || end.kind === 'bug of tma') return { ...end, ...together };
  const { effective = before.effective, warnings } = end;
  return { ...before, effective, warnings, ...together };
}

/** What became of a configuration with these points. */
function stateOf(points: readonly PointRecord[], end: TrialEnd | undefined): Trial['state'] {
  if (points.some(({ state }) => state === 'measured')) return 'measured';
  const failed = end?.cause !== undefined || points.some(({ state }) => state === 'failed');
  if (failed) return 'failed';
  return points.length > 0 ? 'skipped' : 'not tried';
}

/** A trial with those of its points alone that `belongs` says; undefined where nothing is left that was measured. */
export function trialOf(trial: Trial, belongs: (record: PointRecord) => boolean): Trial | undefined {
  const points = trial.points.filter(belongs);
  if (points.length === 0 && trial.points.length > 0) return undefined;
  return { ...trial, points, state: stateOf(points, trial.end) };
}
