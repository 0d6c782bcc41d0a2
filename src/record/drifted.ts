import type { DriftRecord } from './drift.ts';
import { type PointRecord, type Run, type Trial, tellingOf } from './run.ts';
import { isMeasured } from './told-trial.ts';

const idOf = (variant: string, key: string, startedAt: string): string =>
  JSON.stringify([variant, key, startedAt]);

/** By how much the machine was otherwise, by measurement; made once for each record. */
const indexes = new WeakMap<DriftRecord, ReadonlyMap<string, number>>();

function indexOf(drift: DriftRecord): ReadonlyMap<string, number> {
  const known = indexes.get(drift);
  if (known) return known;
  const index = new Map(
    drift.drifted.map(({ variant, key, startedAt, by }) => [idOf(variant, key, startedAt), by]),
  );
  indexes.set(drift, index);
  return index;
}

/** Marks those records of a variant that drifted, by what was found out of them. */
export function markDrifted<Item extends PointRecord>(
  drifts: readonly DriftRecord[],
  variant: string,
  records: readonly Item[],
): Item[] {
  const found = drifts.filter(({ drifted }) => drifted.length > 0);
  if (found.length === 0) return [...records];
  return records.map((record) => {
    if (!isMeasured(record)) return record;
    const id = idOf(variant, record.key, record.measurement.startedAt);
    const by = found.map((drift) => indexOf(drift).get(id)).find((share) => share !== undefined);
    return by === undefined ? record : { ...record, measurement: { ...record.measurement, drifted: { by } } };
  });
}

/** What a run found out about the machine while it measured these models; undefined: it was not looked at. */
export const driftOf = (
  { drifts = [] }: Run,
  isOf: (models: DriftRecord['models']) => boolean,
): DriftRecord | undefined => drifts.findLast(({ models }) => isOf(models));

/** How many points of these trials drifted and were not measured again. */
export const leftDrifted = (trials: readonly Trial[]): number =>
  trials.reduce((sum, { points }) => {
    const groups = [...Map.groupBy(points.filter(isMeasured), ({ key }) => key).values()];
    return (
      sum +
      groups.filter((records) => tellingOf(records).every(({ measurement }) => measurement.drifted)).length
    );
  }, 0);
