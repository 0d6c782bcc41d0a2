import type { PaperSize } from '../config/paper-sizes.ts';
import { counted } from '../ground/wording.ts';
import type { Ranking } from '../rank/rank.ts';
import type { RankedEntry, RankedPoint } from '../rank/standings.ts';
import { describeConstraint } from '../rank/words.ts';
import { batchSizeOf, levelOf, levelText } from '../record/load-point.ts';
import { MARKS, marksOf } from '../record/marks.ts';
import { startsOf } from '../record/measurement.ts';
import type { Run, Trial } from '../record/run.ts';
import { anchorOf } from './anchor.ts';
import { type FigureColumn, figuresOnPaper, figureText, settingsOnPaper } from './appendix-columns.ts';
import { footnotesOf } from './footnotes.ts';
import { gpuCount, markOf } from './table-view.ts';
import { levelHeader } from './tables.ts';

/** Rows that are kept together on a page, below the name that they have in common. */
const KEPT_TOGETHER = 4;

/** A row of the table, with what is remarked on it. */
interface Row {
  readonly level: string;
  readonly batchSize: string;
  readonly cells: readonly { readonly text: string; readonly isInterval: boolean }[];
  readonly limits: { readonly mark: string; readonly sign: string } | undefined;
  readonly isBest: boolean;
  /** Of what has no figures: why, in a word. */
  readonly state: string;
  readonly remarks: readonly string[];
}

/** The rows of one configuration. */
interface Group {
  readonly trial: Trial;
  readonly position: string;
  readonly tags: readonly string[];
  readonly rows: readonly Row[];
}

/**
 * The table of every point for paper, configurations in the order of the ranking and behind them what was not measured:
 * few columns in large type, remarks as footnotes.
 */
export function appendixView(run: Run, ranking: Ranking, paper: PaperSize) {
  const { entries, unmeasured, goal } = ranking;
  const trials = [...entries.map(({ trial }) => trial), ...unmeasured];
  const settings = settingsOnPaper(trials, gpuCount(run), paper);
  const { columns, leftOut } = figuresOnPaper(ranking, settings, paper);
  const groups = [
    ...entries.map((entry, index) => measuredGroup(entry, index, ranking, columns)),
    ...unmeasured.map(unmeasuredGroup),
  ];
  const { marks, notes } = footnotesOf(groups.flatMap(({ rows }) => rows.map(({ remarks }) => remarks)));
  const batches = new Set(
    groups.flatMap(({ rows }) => rows.map(({ batchSize }) => batchSize)).filter(Boolean),
  );
  const hasLimits = entries.length > 0 && goal.constraints.length > 0;
  let at = 0;
  return {
    settings: settings.map(({ name, path }) => ({ name, path })),
    columns,
    leftOut:
      leftOut > 0
        ? `${counted(leftOut, 'more metric')} of each point, and all intervals: in results.json.`
        : '',
    levelHeader: levelHeader([ranking]),
    hasBatches: batches.size > 1,
    hasLimits,
    /** Cells of a row that has no figures. */
    wide: 1 + Number(batches.size > 1) + columns.length + Number(hasLimits),
    notes,
    groups: groups.flatMap(({ trial, position, tags, rows }, index) => {
      const noted = rows.map((row) => ({ ...row, notes: marks[at++]! }));
      return chunksOf(noted).map((chunk, part) => ({
        id: part === 0 ? anchorOf(trial.name) : '',
        isWinner: tags.includes(ranking.decision.kind),
        position,
        name: trial.name,
        tags,
        settings: settings.map(({ cells }) => cells[index]!),
        count: chunk.length,
        rows: chunk,
      }));
    }),
  };
}

function measuredGroup(
  entry: RankedEntry,
  index: number,
  ranking: Ranking,
  columns: readonly FigureColumn[],
): Group {
  const { trial, points, best } = entry;
  const measured = points
    .toSorted(
      (a, b) =>
        batchSizeOf(a.measurement.point) - batchSizeOf(b.measurement.point) ||
        levelOf(a.measurement.point) - levelOf(b.measurement.point),
    )
    .map((point) => measuredRow(point, point === best, ranking, columns));
  const ofTrial = trial.end?.warnings ?? [];
  const rows = [...measured, ...otherRows(trial)];
  return {
    trial,
    position: String(index + 1),
    tags: [
      ...(entry === ranking.winner ? [ranking.decision.kind] : []),
      ...(trial.isDefault ? ['default'] : []),
      ...(ranking.ties.includes(entry) ? ['tied'] : []),
    ],
    rows: rows.map((row, at) => (at === 0 ? { ...row, remarks: [...ofTrial, ...row.remarks] } : row)),
  };
}

function measuredRow(
  point: RankedPoint,
  isBest: boolean,
  ranking: Ranking,
  columns: readonly FigureColumn[],
): Row {
  const { measurement, checks, verdict } = point;
  const { looks = 1 } = measurement;
  return {
    level: String(levelOf(measurement.point)),
    batchSize: String(batchSizeOf(measurement.point)),
    cells: columns.map((column) => ({
      text: figureText(point, column, ranking),
      isInterval: column.isInterval,
    })),
    limits: markOf(verdict),
    isBest,
    state: '',
    remarks: [
      ...checks.flatMap(({ constraint, verdict: one }) => {
        const limit = describeConstraint(constraint, ranking.goal);
        return one === 'met'
          ? []
          : [one === 'missed' ? `breaks the limit: ${limit}` : `not checked: ${limit}`];
      }),
      ...marksOf(measurement).map(({ tag }) => `${tag}: ${MARKS[tag].words}; ${MARKS[tag].advice}`),
      ...(looks > 1
        ? [`the mean of ${counted(looks, 'look')} on ${counted(startsOf(measurement), 'start')}`]
        : []),
      ...measurement.warnings,
    ],
  };
}

/** Loads of a configuration that have no figures. */
const otherRows = (trial: Trial): Row[] =>
  trial.points.flatMap((record) =>
    record.state === 'failed'
      ? [emptyRow('failed', record.cause, levelText(record.point))]
      : record.state === 'skipped'
        ? [emptyRow('skipped', record.reason, record.points.map(levelText).join('; '))]
        : [],
  );

function unmeasuredGroup(trial: Trial): Group {
  const rows = otherRows(trial);
  const state = trial.state === 'not tried' ? 'not tried' : trial.state === 'skipped' ? 'skipped' : 'failed';
  const [first] = rows;
  const cause = trial.end?.cause ?? first?.remarks[0];
  return {
    trial,
    position: '',
    tags: trial.isDefault ? ['default'] : [],
    rows: [emptyRow(state, cause, '')],
  };
}

const emptyRow = (state: string, cause: string | undefined, what: string): Row => ({
  ...{ level: '', batchSize: '', cells: [], limits: undefined, isBest: false },
  state: what ? `${what}: ${state}` : state,
  remarks: cause === undefined ? [] : [cause],
});

/** Rows in parts of about the same length that are kept together. */
function chunksOf<T>(rows: readonly T[]): T[][] {
  const parts = Math.ceil(rows.length / KEPT_TOGETHER);
  const length = Math.ceil(rows.length / parts);
  return Array.from({ length: parts }, (_, part) => rows.slice(part * length, (part + 1) * length)).filter(
    (part) => part.length > 0,
  );
}
