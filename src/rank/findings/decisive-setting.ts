import { canonicalJson } from '../../model-config/config.ts';
import { isClientBound } from '../../record/measurement.ts';
import { gainOf, widerForBestOf } from '../noise.ts';
import type { RankedEntry } from '../standings.ts';
import { compactValue, formatNumber, varyingPaths } from '../words.ts';
import type { Rule } from './rule.ts';
import { evidenceOf, isDifferenceCarried, type Scene } from './scene.ts';

/** A setting decides where the other value is worse by so much for sure, percent. */
const DECIDES = 10;

export const decisiveSetting: Rule = {
  name: 'decisive-setting',
  kind: 'cause',
  speaks:
    'the best configuration is better by 10 % or more for sure than one that differs from it in a single setting; the setting that decides most is told',
  find(scene) {
    const { ranking, shown } = scene;
    const { goal, noise } = ranking;
    const pairs = siblingsOf(scene);
    const found = pairs
      .flatMap(({ path, sibling }) => {
        const gain = gainOf(shown.best.measurement, sibling.best.measurement, goal.objectives, noise);
        if (!gain || gain.assumed.length > 0 || !isDifferenceCarried(shown, sibling, scene)) return [];
        // The largest of many differences is large by chance, too.
        const least = gain.percent - widerForBestOf(pairs.length) * gain.plusMinus;
        return least >= DECIDES ? [{ path, sibling, gain, least }] : [];
      })
      .toSorted((a, b) => b.least - a.least)[0];
    if (!found) return undefined;
    const { path, sibling, gain } = found;
    const [own, other] = [shown, sibling].map(({ trial }) =>
      valueText(path, trial.models[0].assignment[path]),
    );
    const paths = new Set(pairs.map((pair) => pair.path)).size;
    return {
      text: `${path} decides${paths > 1 ? ' most' : ''}: ${own} is ${formatNumber(gain.percent)} % (± ${formatNumber(gain.plusMinus)}) better than ${other}, all else alike (${shown.trial.name} against ${sibling.trial.name}).`,
      evidence: [shown, sibling].map((entry) =>
        evidenceOf(
          entry,
          entry.best.measurement,
          goal.objectives.map(({ tag }) => tag),
        ),
      ),
      worth: Math.min(1, gain.percent / (100 + gain.percent)),
    };
  },
};

/** The configurations that differ from the shown one in one field of their assignment. */
function siblingsOf({ ranking: { entries }, shown }: Scene): { path: string; sibling: RankedEntry }[] {
  if (shown.trial.isDefault || !isComparable(shown)) return [];
  const others = entries.filter(
    (entry) =>
      entry !== shown &&
      !entry.trial.isDefault &&
      entry.best.verdict === shown.best.verdict &&
      isComparable(entry),
  );
  return varyingPaths(entries).flatMap((path) => {
    const restOf = ({ trial: { models } }: RankedEntry): string =>
      canonicalJson(
        models.map(({ assignment, config }, index) => {
          if (index > 0) return config;
          const { [path]: _, ...rest } = assignment;
          return rest;
        }),
      );
    const like = restOf(shown);
    return others.filter((entry) => restOf(entry) === like).map((sibling) => ({ path, sibling }));
  });
}

const isComparable = ({ best: { measurement } }: RankedEntry): boolean =>
  measurement.requests > 0 && !measurement.drifted && !isClientBound(measurement);

const valueText = (path: string, value: unknown): string => {
  const text = value === undefined ? '-' : compactValue(path, value);
  return text === '-' ? 'none' : text;
};
