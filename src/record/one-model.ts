import type { Figures, Measurement } from './measurement.ts';
import type { PointRecord } from './run.ts';

/** A measurement as files have it: where one model alone was loaded, its figures are those of the whole and stand once. */
export type StoredMeasurement = Omit<Measurement, 'models'> & {
  readonly models?: Readonly<Record<string, Figures>> | undefined;
};

/** What became of a point, as files have it. */
export type StoredRecord =
  | Exclude<PointRecord, { state: 'measured' }>
  | (Omit<Extract<PointRecord, { state: 'measured' }>, 'measurement'> & {
      readonly measurement: StoredMeasurement;
    });

/** A record as files have it: without figures that stand there already. */
export function shortened(record: PointRecord): StoredRecord {
  if (record.state !== 'measured' || record.measurement.point.streams.length > 1) return record;
  const { models: _, ...measurement } = record.measurement;
  return { ...record, measurement };
}

/** The same as it was before it was shortened. */
export const complete = (record: StoredRecord): PointRecord =>
  record.state === 'measured' ? { ...record, measurement: completeMeasurement(record.measurement) } : record;

const completeMeasurement = ({ models, ...measurement }: StoredMeasurement): Measurement => ({
  ...measurement,
  models: models ?? ofEach(measurement),
});

/** The figures of each model of a point where only those of the whole are known. */
export const ofEach = ({ point, whole }: Pick<Measurement, 'point' | 'whole'>): Measurement['models'] =>
  Object.fromEntries(point.streams.map(({ model }) => [model, whole]));
