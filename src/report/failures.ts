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
    names: items.map((item) => item.name).join(', '),
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
