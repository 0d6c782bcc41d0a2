import { visible } from '../ground/wording.ts';
import {
  basisText,
  effectNames,
  gainText,
  interactionText,
  percentsBy,
  togetherKey,
  untoldText,
} from '../rank/effects/effect-words.ts';
import { type Effects, effectsOf, type SettingEffect } from '../rank/effects/effects.ts';
import type { Ranking } from '../rank/rank.ts';
import { parallelData, parallelSvg, parallelWidth } from './figures/parallel.ts';
import { sliceSvg, slicesData } from './figures/slices.ts';

/** Which settings mattered, and how much; undefined where nothing differs, or too few configurations tell. */
export function whatMatteredView(ranking: Ranking) {
  const effects = effectsOf(ranking);
  const parallel = parallelView(ranking, 'wide');
  return effects || parallel ? { effects: effects && effectsView(effects, ranking), parallel } : undefined;
}

/** All configurations as lines; undefined where there are too few. */
export function parallelView(ranking: Ranking, size: 'wide' | 'paper') {
  const data = parallelData(ranking);
  return (
    data && {
      svg: parallelSvg(data, size),
      width: size === 'paper' ? 0 : parallelWidth(data),
      // Of few axes, stretched to the width of the page, the words would be twice as large as all others.
      widest: size === 'paper' ? 0 : 1.5 * parallelWidth(data),
      hasDefault: data.lines.some(({ role }) => role === 'default'),
      hasWinner: data.lines.some(({ role }) => role === 'winner'),
      leftOut: data.leftOut,
    }
  );
}

/** Of a setting that does nothing for sure by itself, but with another does. */
function dependsText({ path, gain }: SettingEffect, effects: Effects): string | undefined {
  const together = effects.interactions.find(({ paths }) => paths.includes(path));
  if (!together || gain.value > gain.half) return undefined;
  const other = together.paths.find((each) => each !== path)!;
  return `depends on ${effectNames(effects).get(other)}: see below`;
}

function effectsView(effects: Effects, { goal, winner }: Ranking) {
  const { settings, joint, interactions, untold } = effects;
  const percents = percentsBy(effects);
  const names = effectNames(effects);
  const rows = [
    ...settings.map((setting) => ({
      name: names.get(setting.path)!,
      path: setting.path,
      text: dependsText(setting, effects) ?? gainText(setting, goal),
      percent: percents.get(setting.path)!,
    })),
    ...joint.map((item) => ({
      name: item.paths.map((path) => names.get(path)).join(' and '),
      path: 'what they do, whichever of them does it',
      text: 'not told apart: they changed together, or in too few configurations',
      percent: percents.get(togetherKey(item))!,
    })),
    ...interactions.map((item) => ({
      name: item.paths.map((path) => names.get(path)).join(' with '),
      path: 'what they do only together',
      text: interactionText(item, effects, goal),
      percent: percents.get(togetherKey(item))!,
    })),
  ];
  return {
    told: settings.length > 0 ? 'All else alike' : 'Why not told',
    rows: [
      ...rows,
      {
        name: 'the rest',
        path: '',
        text: 'noise, and settings together in ways that are not sure',
        percent: 100 - rows.reduce((sum, { percent }) => sum + percent, 0),
      },
    ],
    basis: basisText(effects),
    untold: untold.map((item) => ({ name: visible(item.path), text: untoldText(item) })),
    slices: slicesData(effects, goal, winner?.trial.name).map((slice, index) => ({
      name: names.get(settings[index]!.path)!,
      svg: sliceSvg(slice),
      hasDots: slice.dots.length > 0,
    })),
  };
}
