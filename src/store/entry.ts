import { isSamePoint } from '../space/load-point.ts';
import type { PointRecord, Run, ServerRecord, Session, Trial, TrialEnd, VariantRecord } from './run.ts';
import { SCHEMA_VERSION } from './run.ts';

/** One line of the journal. `variant` fields refer to the key of a variant entry. */
export type Entry =
  | ({ readonly kind: 'session'; readonly schemaVersion: number } & Session)
  | ({ readonly kind: 'server' } & ServerRecord)
  | ({ readonly kind: 'variant' } & VariantRecord)
  | { readonly kind: 'point'; readonly variant: string; readonly record: PointRecord }
  | { readonly kind: 'end'; readonly variant: string; readonly end: TrialEnd };

interface Draft {
  variant: VariantRecord;
  points: Map<string, PointRecord>;
  end?: TrialEnd;
}

/** The run that journal entries tell, the latest word on each point winning. */
export function foldEntries(entries: readonly Entry[]): Run {
  const sessions: Session[] = [];
  const servers: ServerRecord[] = [];
  const drafts = new Map<string, Draft>();
  for (const entry of entries) {
    switch (entry.kind) {
      case 'session':
        sessions.push({
          startedAt: entry.startedAt,
          environment: entry.environment,
          goals: entry.goals,
          overall: entry.overall,
          load: entry.load,
        });
        break;
      case 'server':
        servers.push({ name: entry.name, version: entry.version, gpus: entry.gpus });
        break;
      case 'variant': {
        const { kind: _, ...variant } = entry;
        const old = drafts.get(entry.key);
        // Set anew, so that trials stand in the order in which they were last wanted.
        drafts.delete(entry.key);
        drafts.set(entry.key, {
          variant,
          points: old?.points ?? new Map(),
          ...(old?.end && { end: old.end }),
        });
        break;
      }
      case 'point':
        drafts.get(entry.variant)?.points.set(pointId(entry.record), entry.record);
        if (entry.record.state !== 'skipped') unskip(drafts.get(entry.variant)?.points, entry.record);
        break;
      case 'end': {
        const draft = drafts.get(entry.variant);
        if (draft) draft.end = entry.end;
        break;
      }
    }
  }
  return { schemaVersion: SCHEMA_VERSION, sessions, servers, trials: [...drafts.values()].map(toTrial) };
}

/** A point that was skipped once and tried later is not skipped any more. */
function unskip(
  points: Map<string, PointRecord> | undefined,
  tried: Exclude<PointRecord, { state: 'skipped' }>,
): void {
  const point = tried.state === 'measured' ? tried.measurement.point : tried.point;
  for (const [id, record] of points ?? []) {
    if (record.state !== 'skipped') continue;
    const rest = record.points.filter((other) => !isSamePoint(other, point));
    if (rest.length === 0) points!.delete(id);
    else if (rest.length < record.points.length) points!.set(id, { ...record, points: rest });
  }
}

const pointId = (record: PointRecord): string =>
  record.state === 'skipped' ? `skipped: ${record.reason}` : record.key;

function toTrial({ variant, points, end }: Draft): Trial {
  const records = [...points.values()];
  const measured = records.some((record) => record.state === 'measured');
  const failed = end?.cause !== undefined || records.some((record) => record.state === 'failed');
  return { ...variant, state: measured ? 'measured' : failed ? 'failed' : 'skipped', points: records, end };
}
