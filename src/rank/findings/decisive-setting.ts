import { canonicalJson } from '../../model-config/config.ts';
import { LEAST_GAIN } from '../decision.ts';
import { effectNames, gainText, interactionText, percentsBy, togetherKey } from '../effects/effect-words.ts';
import { type Effects, effectsOf, type Interaction, type SettingEffect } from '../effects/effects.ts';
import { gainOf } from '../noise.ts';
import type { RankedEntry } from '../standings.ts';
import type { Evidence, Found } from './finding.ts';
import type { Rule } from './rule.ts';
import { evidenceOf, type Scene } from './scene.ts';

/** A setting decides where its best value is better than its worst by 10 % for sure: a difference of logarithms. */
const DECIDES = Math.log(1.1);

/** It says what stands first under "What mattered", and nothing that does not stand there. */
export const decisiveSetting: Rule = {
  name: 'decisive-setting',
  kind: 'cause',
  speaks:
    'one setting, or two that do together what neither does alone, makes more of the differences between configurations than anything else, the noise included, as "What mattered" on the page has it; a setting by itself only where it is 10 % for sure, and the best configuration has its best value and is no exception, or where what it does depends on another',
  find(scene) {
    const effects = effectsOf(scene.ranking);
    const own = effects?.worths.findIndex(({ trial }) => trial === scene.shown.trial) ?? -1;
    // A default with values of its own is no part of the comparison; of a setting that changed with others it is not known
    // which of them it was.
    if (!effects || own < 0 || effects.joint.length > 0) return undefined;
    if (effects.untold.some(({ why }) => why !== 'too many settings')) return undefined;
    const [alone, together] = [effects.settings[0], effects.interactions[0]];
    const most = Math.max(alone?.share ?? 0, together?.share ?? 0);
    if (most <= effects.rest) return undefined;
    if (together && together.share === most) return onlyTogether(together, effects, scene);
    if (!alone) return undefined;
    const isPart = together?.paths.includes(alone.path) === true;
    return (
      byItself(alone, own, effects, scene) ??
      (isPart ? mostlyWith(alone, together, effects, scene) : undefined)
    );
  },
};

function byItself(setting: SettingEffect, own: number, effects: Effects, scene: Scene): Found | undefined {
  const { path, gain, of, share } = setting;
  const { shown, ranking } = scene;
  if (gain.value - gain.half < DECIDES || of[own] !== gain.to) return undefined;
  const worse = effects.worths
    .filter((_, index) => of[index] === gain.from)
    .flatMap(({ trial }) => ranking.entries.find((entry) => entry.trial === trial) ?? []);
  const sibling = worse.find((entry) => differsAlone(shown, entry, path));
  if (sibling && !isBetter(scene, sibling)) return undefined;
  const name = effectNames(effects).get(path);
  const most = effects.settings.length > 1 ? ' most' : '';
  return {
    text: `${name} decides${most} (${percentsBy(effects).get(path)} % of the differences): ${gainText(setting, ranking.goal)}, all else alike.`,
    evidence: evidenceBy(scene, [shown, sibling ?? worse[0]!]),
    worth: share,
  };
}

/** At the values that the best has of all others a setting may do what it does nowhere else. */
function isBetter({ ranking: { goal, noise }, shown }: Scene, { best }: RankedEntry): boolean {
  const gain = gainOf(shown.best.measurement, best.measurement, goal.objectives, noise);
  return gain !== undefined && gain.percent >= LEAST_GAIN && gain.low > 0;
}

/** Whether two configurations are the same but for one field of their assignment. */
function differsAlone(a: RankedEntry, b: RankedEntry, path: string): boolean {
  const [like, other] = [a, b].map(({ trial: { models } }) =>
    canonicalJson(
      models.map(({ assignment, config }, index) => {
        if (index > 0) return config;
        const { [path]: _, ...rest } = assignment;
        return rest;
      }),
    ),
  );
  return like === other;
}

function onlyTogether(together: Interaction, effects: Effects, scene: Scene): Found {
  const { ranking, shown } = scene;
  const names = effectNames(effects);
  const [first, second] = together.paths.map((path) => names.get(path) ?? path);
  return {
    text: `${first} and ${second} decide most, together (${percentsBy(effects).get(togetherKey(together))} % of the differences): ${interactionText(together, effects, ranking.goal)}`,
    evidence: evidenceBy(scene, [shown, ...ranking.entries.filter((entry) => entry !== shown)]),
    worth: together.share,
  };
}

/** A setting that makes most of the differences, and what it does depends on another. */
function mostlyWith(
  { path, share }: SettingEffect,
  together: Interaction,
  effects: Effects,
  scene: Scene,
): Found {
  const { ranking, shown } = scene;
  const names = effectNames(effects);
  const other = together.paths.find((each) => each !== path)!;
  const percents = percentsBy(effects);
  return {
    text: `${names.get(path)} decides most (${percents.get(path)} % of the differences, and ${percents.get(togetherKey(together))} % more together with ${names.get(other)}): ${interactionText(together, effects, ranking.goal)}`,
    evidence: evidenceBy(scene, [shown, ...ranking.entries.filter((entry) => entry !== shown)]),
    worth: share,
  };
}

const evidenceBy = ({ ranking: { goal } }: Scene, entries: readonly RankedEntry[]): Evidence[] =>
  entries.map((entry) =>
    evidenceOf(
      entry,
      entry.best.measurement,
      goal.objectives.map(({ tag }) => tag),
    ),
  );
