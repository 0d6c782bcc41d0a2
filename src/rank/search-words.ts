import { counted } from '../ground/wording.ts';
import { nameOfModels } from '../record/goal.ts';
import type { SearchRecord } from '../record/run.ts';

/** Whether a search left something out, and so has something to explain. */
export const isWorthTelling = ({ points, search }: SearchRecord): boolean =>
  points.seen < points.all || !['manual', 'brute'].includes(search);

/** What a search looked at and why it ended, and what else it has to say; [] without one. */
export function searchLines(record: SearchRecord | undefined): string[] {
  if (!record) return [];
  const { models, search, why, points, configurations, measurements, remarks } = record;
  const repeats = measurements > points.seen ? ` in ${counted(measurements, 'measurement')}` : '';
  const seen = `${points.seen} of ${counted(points.all, 'point')}${repeats}, ${configurations.seen} of ${counted(configurations.all, 'configuration')}`;
  return [`${search} looked at ${seen} of ${nameOfModels(models)}; it ended because ${why}`, ...remarks];
}
