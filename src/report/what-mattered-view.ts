import { visible } from '../ground/wording.ts';
import {
  basisText,
  gainText,
  interactionText,
  percentsOf,
  untoldText,
} from '../rank/effects/effect-words.ts';
import { effectsOf } from '../rank/effects/effects.ts';
import type { Ranking } from '../rank/rank.ts';
import { shortNames } from '../rank/words.ts';
import { parallelData, parallelSvg, parallelWidth } from './figures/parallel.ts';
import { sliceSvg, slicesData } from './figures/slices.ts';

/** Which settings mattered, and how much; undefined where nothing differs, or too few configurations tell. */
export function whatMatteredView(ranking: Ranking) {
  const effects = effectsOf(ranking);
  const lines = parallelData(ranking);
  if (!effects && !lines) return undefined;
  return {
    effects: effects && effectsView(effects, ranking),
    parallel: lines && {
      svg: parallelSvg(lines),
      width: parallelWidth(lines),
      hasDefault: lines.lines.some(({ role }) => role === 'default'),
      hasWinner: lines.lines.some(({ role }) => role === 'winner'),
      leftOut: lines.leftOut,
    },
  };
}

function effectsView(effects: NonNullable<ReturnType<typeof effectsOf>>, { goal, winner }: Ranking) {
  const { settings, interactions, rest, untold } = effects;
  const percents = percentsOf([...settings, ...interactions].map(({ share }) => share).concat(rest));
  const names = shortNames(settings.map(({ path }) => path)).map(visible);
  const nameOf = (path: string): string =>
    names[settings.findIndex((setting) => setting.path === path)] ?? path;
  const short = interactions.map((item) => ({
    ...item,
    paths: [nameOf(item.paths[0]), nameOf(item.paths[1])] as const,
  }));
  const named = { settings: settings.map((setting, index) => ({ ...setting, path: names[index]! })) };
  return {
    rows: [
      ...settings.map((setting, index) => ({
        name: names[index]!,
        path: setting.path,
        text: gainText(setting, goal),
      })),
      ...short.map((item) => ({
        name: item.paths.join(' with '),
        path: 'what they do only together',
        text: interactionText(item, named, goal),
      })),
      { name: 'the rest', path: '', text: 'noise, and settings together in ways that are not sure' },
    ].map((row, index) => ({ ...row, percent: percents[index]! })),
    basis: basisText(effects),
    untold: untold.map((item) => ({ name: visible(item.path), text: untoldText(item) })),
    slices: slicesData(effects, goal, winner?.trial.name).map((slice, index) => ({
      name: names[index]!,
      svg: sliceSvg(slice),
      hasDots: slice.dots.length > 0,
    })),
  };
}
