import { isSamePoint } from './load-point.ts';
import type {
  PointRecord,
  Run,
  SearchRecord,
  ServerRecord,
  Session,
  StepTimes,
  Trial,
  TrialEnd,
  VariantRecord,
} from './run.ts';
import { SCHEMA_VERSION } from './run.ts';

/** One line of the journal. `variant` fields refer to the key of a variant entry. */
export type Entry =
  | ({ readonly kind: 'session'; readonly schemaVersion: number } & Session)
  | ({ readonly kind: 'server' } & ServerRecord)
  | ({ readonly kind: 'variant' } & VariantRecord)
  | { readonly kind: 'point'; readonly variant: string; readonly record: PointRecord }
  | { readonly kind: 'end'; readonly variant: string; readonly end: TrialEnd }
  | ({ readonly kind: 'search' } & SearchRecord);

interface Draft {
  variant: VariantRecord;
  /** By id; a point may be measured several times. */
  points: Map<string, PointRecord[]>;
  end?: TrialEnd;
  /** How often a server was started for it. */
  starts: number;
}

/** The run that journal entries tell: every measurement of a point, or else the latest word on it. */
export function foldEntries(entries: readonly Entry[]): Run {
  const sessions: Session[] = [];
  const servers: ServerRecord[] = [];
  const drafts = new Map<string, Draft>();
  const searches = new Map<string, SearchRecord>();
  for (const entry of entries) {
    switch (entry.kind) {
      case 'session':
        // What an earlier run came to is not what this one does: it may be killed.
        for (const { name } of entry.goals) searches.delete(name);
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
          starts: old?.starts ?? 0,
          ...(old?.end && { end: old.end }),
        });
        break;
      }
      case 'point':
        addPoint(drafts.get(entry.variant)?.points, entry.record);
        break;
      case 'search': {
        const { kind: _, ...search } = entry;
        searches.set(entry.model, search);
        break;
      }
      case 'end': {
        const draft = drafts.get(entry.variant);
        if (draft) {
          draft.end = withStepsOf(entry.end, draft.end);
          draft.starts++;
        }
        break;
      }
    }
  }
  return {
    schemaVersion: SCHEMA_VERSION,
    sessions,
    servers,
    trials: [...drafts.values()].map(toTrial),
    searches: [...searches.values()],
  };
}

/** A measurement joins those that are there; anything else counts until a measurement comes. */
function addPoint(points: Draft['points'] | undefined, record: PointRecord): void {
  const id = pointId(record);
  const measured = (points?.get(id) ?? []).filter(({ state }) => state === 'measured');
  points?.set(id, [...measured, record]);
  if (record.state !== 'skipped') unskip(points, record);
}

/** A point that was skipped once and tried later is not skipped any more. */
function unskip(
  points: Draft['points'] | undefined,
  tried: Exclude<PointRecord, { state: 'skipped' }>,
): void {
  const point = tried.state === 'measured' ? tried.measurement.point : tried.point;
  for (const [id, [record]] of points ?? []) {
    if (record?.state !== 'skipped') continue;
    const rest = record.points.filter((other) => !isSamePoint(other, point));
    if (rest.length === 0) points!.delete(id);
    else if (rest.length < record.points.length) points!.set(id, [{ ...record, points: rest }]);
  }
}

const pointId = (record: PointRecord): string =>
  record.state === 'skipped' ? `skipped: ${record.reason}` : record.key;

/** How a variant's last trial ended, with the time that all of them took. */
function withStepsOf(end: TrialEnd, before: TrialEnd | undefined): TrialEnd {
  if (!before) return end;
  const names = Object.keys(end.steps) as (keyof StepTimes)[];
  const sums = names.map((name) => [name, end.steps[name] + before.steps[name]]);
  return { ...end, steps: Object.fromEntries(sums) as unknown as StepTimes };
}

function toTrial({ variant, points, end, starts }: Draft): Trial {
  const records = [...points.values()].flat();
  return {
    ...variant,
    state: stateOf(records, end),
    points: records,
    end,
    ...(starts > 1 && { starts }),
  };
}

/** What became of a configuration with these points. */
function stateOf(points: readonly PointRecord[], end: TrialEnd | undefined): Trial['state'] {
  if (points.some(({ state }) => state === 'measured')) return 'measured';
  const failed = end?.cause !== undefined || points.some(({ state }) => state === 'failed');
  return failed ? 'failed' : 'skipped';
}

/** A trial with those of its points alone that `belongs` says; undefined where nothing is left that was measured. */
export function trialOf(trial: Trial, belongs: (record: PointRecord) => boolean): Trial | undefined {
  const points = trial.points.filter(belongs);
  if (points.length === 0 && trial.points.length > 0) return undefined;
  return { ...trial, points, state: stateOf(points, trial.end) };
}
