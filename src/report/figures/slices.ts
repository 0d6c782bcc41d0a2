import * as Plot from '@observablehq/plot';
import { metric } from '../../ground/metric.ts';
import { visible } from '../../ground/wording.ts';
import { worthText } from '../../rank/effects/effect-words.ts';
import type { Effects, SettingEffect } from '../../rank/effects/effects.ts';
import type { Goal } from '../../record/goal.ts';
import { anchorOf } from '../anchor.ts';
import { COLOR, drawSvg, type Role, SHAPES } from './draw.ts';
import { axisOptions } from './limit-marks.ts';
import { type LimitedAxis, limitedAxis } from './limited-axis.ts';
import { rowed } from './linked.ts';

/** What every value of one setting is worth, all else alike, and what the configurations with it are. */
export interface SliceData {
  readonly path: string;
  readonly levels: readonly string[];
  /** In the unit of the objective; of several, or where the load was taken out, as a share of the mean. */
  readonly means: readonly {
    readonly level: string;
    readonly value: number;
    readonly low: number;
    readonly high: number;
  }[];
  readonly dots: readonly {
    readonly variant: string;
    readonly role: Role;
    readonly level: string;
    readonly value: number;
  }[];
  readonly axis: LimitedAxis;
}

/** More configurations than these are no dots any more, but ink. */
const MOST_DOTS = 150;

/** One for each setting, all with the same axis, so that what matters looks so. */
export function slicesData(effects: Effects, goal: Goal, winner: string | undefined): SliceData[] {
  const { sign } = worthText(goal);
  const [objective, ...others] = goal.objectives;
  // What the load does being taken out, a value is none that was measured: no other figure of the page is like it.
  const isMeasured = others.length === 0 && effects.by === 'best';
  const middle = isMeasured
    ? 0
    : effects.worths.reduce((sum, { value }) => sum + value, 0) / effects.worths.length;
  const shown = (value: number): number => Math.exp(sign * (value - middle));
  const dots = effects.worths.length > MOST_DOTS ? [] : effects.worths;
  const meansOf = ({ means, levels }: SettingEffect) =>
    means.map(({ value, half }, index) => {
      const ends = [shown(value - half), shown(value + half)];
      return { level: levels[index]!, value: shown(value), low: Math.min(...ends), high: Math.max(...ends) };
    });
  const all = [
    ...effects.settings.flatMap(meansOf).map(({ value }) => value),
    ...effects.worths.map(({ value }) => shown(value)),
  ];
  const reach = effects.settings.flatMap(meansOf).flatMap(({ low, high }) => [low, high]);
  const told = limitedAxis(
    objective!.tag,
    all,
    { constraints: [], ...(goal.prices && { prices: goal.prices }) },
    reach,
  );
  const label = others.length > 0 ? 'objectives' : metric(objective!.tag).label;
  const axis = isMeasured ? told : { ...told, label: `${label}, 1 = the mean` };
  return effects.settings.map((setting) => ({
    path: setting.path,
    levels: setting.levels,
    means: meansOf(setting),
    dots: dots.map(({ trial, value }) => ({
      variant: trial.name,
      role: trial.name === winner ? 'winner' : trial.isDefault ? 'default' : 'other',
      level: setting.levels[setting.of[effects.worths.findIndex((worth) => worth.trial === trial)]!]!,
      value: shown(value),
    })),
    axis,
  }));
}

/** So many values have room for their words side by side. */
const MOST_UPRIGHT = 4;
const LONGEST = 14;

export function sliceSvg({ path, levels, means, dots, axis }: SliceData): string {
  const isCrowded = levels.length > MOST_UPRIGHT || levels.some((level) => level.length > 70 / levels.length);
  return drawSvg(
    {
      width: 300,
      height: isCrowded ? 236 : 200,
      marginLeft: 46,
      marginRight: 8,
      marginTop: 24,
      marginBottom: isCrowded ? 66 : 30,
      x: {
        type: 'point',
        domain: [...levels],
        label: null,
        padding: 0.6,
        tickFormat: (level: string) => cut(visible(level)),
        ...(isCrowded && { tickRotate: -40 }),
      },
      y: { ...axisOptions(axis, 'narrow'), label: `↑ ${axis.label}` },
      marks: [
        Plot.dot(dots, {
          x: 'level',
          y: 'value',
          dx: -9,
          r: 2.6,
          symbol: ({ role }: { role: Role }) => SHAPES[role],
          fill: ({ role }: { role: Role }) => COLOR[role],
          fillOpacity: 0.65,
          render: rowed(dots.map(({ variant }) => anchorOf(variant))),
        }),
        Plot.line(means, { x: 'level', y: 'value', stroke: COLOR.text, strokeOpacity: 0.5 }),
        Plot.ruleX(means, {
          x: 'level',
          y1: 'low',
          y2: 'high',
          stroke: COLOR.text,
          strokeWidth: 2,
          clip: true,
        }),
        Plot.dot(means, { x: 'level', y: 'value', fill: COLOR.text, r: 4, symbol: 'square' }),
      ],
    },
    `${axis.label} by ${visible(path)}, other settings alike, with 95 % intervals`,
  );
}

const cut = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);
