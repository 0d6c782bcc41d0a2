import { counted } from '../ground/wording.ts';
import { sessionText } from '../rank/comparison/comparison-words.ts';
import type { Comparison } from '../record/comparison.ts';
import { COLOURS, tileOf } from './comparison-view.ts';

/** What a model comes to against an earlier run; undefined where there is none, or nothing that both measured. */
export function lastRunView(comparison: Comparison | undefined, name: string) {
  const model = comparison?.models.find((item) => item.model === name);
  if (!comparison || !model || (model.common.points === 0 && model.failed.length === 0)) return undefined;
  const { winner, common, notes, failed } = model;
  return {
    of: sessionText(comparison.base).replace(
      // Of the same journal only the session is another.
      comparison.base.path === comparison.new.path ? `${comparison.base.path}, ` : '',
      '',
    ),
    text: model.text,
    verdictClass: COLOURS[model.verdict],
    changes: model.changes.filter(({ percent }) => percent !== null).map(tileOf),
    common: `${counted(common.points, 'load')} of ${counted(common.configurations, 'configuration')} that both measured`,
    before: winner.isSame ? '' : (winner.base?.sentence ?? ''),
    failed: failed.map((item) => `${item.new} failed, which had worked: ${item.cause}`),
    notes,
  };
}
