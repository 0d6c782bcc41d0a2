import { counted, shellWord } from '../ground/wording.ts';
import { adviceText, describeAssignment } from '../rank/words.ts';
import { batchSizeOf, levelText } from '../record/load-point.ts';
import type { Trial } from '../record/run.ts';
import { anchorOf } from './anchor.ts';

const TAIL_LINES = 12;

/** Trials and loads that were not measured, with the cause of each. */
export const failureViews = (trials: readonly Trial[]) =>
  trials.flatMap((trial) => {
    const failedLoads = trial.points.flatMap((record) =>
      record.state === 'failed'
        ? [`${levelText(record.point)}, batch ${batchSizeOf(record.point)}: ${record.cause}`]
        : [],
    );
    const cause = trial.end?.cause ?? failedLoads[0];
    if (cause === undefined) return [];
    return [
      {
        name: trial.name,
        anchor: anchorOf(trial.name),
        change: trial.isDefault
          ? 'as in the model repository'
          : describeAssignment(trial.models[0].assignment),
        cause,
        kind: trial.end?.kind ?? '',
        advice: trial.end ? adviceText(trial.end) : '',
        lines: (trial.end?.lines ?? []).join('\n'),
        loads: failedLoads.filter((text) => !text.endsWith(cause)),
        logTail: trial.end?.logTail?.slice(-TAIL_LINES).join('\n') ?? '',
        logFile: trial.end?.logFile ?? '',
        repeat: trial.end?.specFile ? `tma trial --spec ${shellWord(trial.end.specFile)}` : '',
      },
    ];
  });

/** What failed with one cause: one cause, one advice, one log, and where it did. */
export interface FailureGroup {
  readonly kind: string;
  readonly cause: string;
  readonly advice: string;
  readonly lines: string;
  readonly logTail: string;
  readonly logFile: string;
  /** The command that tries the first of them once more. */
  readonly repeat: string;
  readonly count: string;
  readonly where: readonly { readonly name: string; readonly anchor: string; readonly what: string }[];
}

/** A cause without what differs from configuration to configuration: their names, and numbers. */
const causeOf = (kind: string, cause: string, name: string): string =>
  `${kind}: ${cause.replaceAll(name, '').replace(/\d+/g, '')}`;

/** What failed, by cause; the cause of most first. */
export function failureGroups(trials: readonly Trial[]): FailureGroup[] {
  const failed = failureViews(trials).map((view) => ({
    view,
    key: causeOf(view.kind, view.cause, view.name),
    what: [view.change, ...view.loads].filter((text) => text !== '').join('; '),
  }));
  return [...Map.groupBy(failed, ({ key }) => key).values()]
    .toSorted((a, b) => b.length - a.length)
    .map((same) => {
      // The one of which most is known stands for all.
      const { view } = same.find((item) => item.view.logTail !== '' || item.view.lines !== '') ?? same[0]!;
      const { kind, cause, advice, lines, logTail, logFile, repeat } = view;
      return {
        ...{ kind, cause, advice, lines, logTail, logFile, repeat },
        count: counted(same.length, 'configuration'),
        where: same.map(({ view: { name, anchor }, what }) => ({ name, anchor, what })),
      };
    });
}

/** Loads that could not be put on a configuration, by reason. */
export const skippedViews = (trials: readonly Trial[]) => {
  const reasons = Map.groupBy(
    trials.flatMap((trial) =>
      trial.points.flatMap((record) => (record.state === 'skipped' ? [{ name: trial.name, record }] : [])),
    ),
    (item) => item.record.reason,
  );
  return [...reasons].map(([reason, items]) => ({
    reason,
    points: counted(
      items.reduce((sum, item) => sum + item.record.points.length, 0),
      'point',
    ),
    count: counted(items.length, 'configuration'),
    where: items.map(({ name, record }) => ({
      name,
      anchor: anchorOf(name),
      what: record.points.map((point) => `${levelText(point)}, batch ${batchSizeOf(point)}`).join('; '),
    })),
  }));
};

/** What was not measured, as `2 configurations failed, 4 points were skipped`; empty where everything was. */
export function lackingText(trials: readonly Trial[]): string {
  const failed = trials.filter(({ state }) => state === 'failed').length;
  const ended = trials.filter(({ state, end }) => state !== 'failed' && end?.cause !== undefined).length;
  const points = trials.flatMap((trial) => (trial.state === 'failed' ? [] : trial.points));
  const failedPoints = points.filter(({ state }) => state === 'failed').length;
  const skipped = trials
    .flatMap((trial) => trial.points)
    .reduce((sum, record) => sum + (record.state === 'skipped' ? record.points.length : 0), 0);
  return [
    ...(failed > 0 ? [`${counted(failed, 'configuration')} failed`] : []),
    ...(ended > 0 ? [`${counted(ended, 'configuration')} ended early`] : []),
    ...(failedPoints > 0 ? [`${counted(failedPoints, 'point')} failed`] : []),
    ...(skipped > 0 ? [`${counted(skipped, 'point')} ${skipped === 1 ? 'was' : 'were'} skipped`] : []),
  ].join(', ');
}
