import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { COLOR, standalone } from '../../../src/report/figures/draw.ts';

const css = `${readFileSync('templates/report.css', 'utf8')}${readFileSync('templates/charts.css', 'utf8')}`;
const dark = [...css.matchAll(/prefers-color-scheme: dark\) \{(.*?)\n\}/gs)]
  .map(([, text]) => text!)
  .join('');
const light = [...css.matchAll(/^:root \{(.*?)\}/gms)].map(([, text]) => text!).join('');

/** Red, green and blue of light, 0 to 1. */
const linear = (hex: string): number[] => {
  const full = hex.length === 4 ? [...hex.slice(1)].map((digit) => digit + digit).join('') : hex.slice(1);
  return [0, 2, 4].map((at) => {
    const part = Number.parseInt(full.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
};
const luminance = (hex: string): number => {
  const [red, green, blue] = linear(hex) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
/** As WCAG 2.2 has it. */
const contrast = (a: string, b: string): number => {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
};
/** How colours look without red, green or blue cones (Machado, Oliveira and Fernandes 2009), and to usual eyes. */
const EYES = [
  [1, 0, 0, 0, 1, 0, 0, 0, 1],
  [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
];
/** CIE L*a*b* as these eyes see a colour, D65. */
const lab = (hex: string, eye: readonly number[]): number[] => {
  const [r, g, b] = linear(hex) as [number, number, number];
  const [red, green, blue] = [0, 3, 6].map((row) =>
    Math.max(0, eye[row]! * r + eye[row + 1]! * g + eye[row + 2]! * b),
  ) as [number, number, number];
  const [x, y, z] = [
    (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505,
    0.2126 * red + 0.7152 * green + 0.0722 * blue,
    (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089,
  ].map((part) => (part > 0.008856 ? Math.cbrt(part) : 7.787 * part + 16 / 116)) as [number, number, number];
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
};
const apart = (a: string, b: string): number =>
  Math.min(
    ...EYES.map((eye) => {
      const [left, right] = [lab(a, eye), lab(b, eye)];
      return Math.hypot(...left.map((part, index) => part - right[index]!));
    }),
  );

const STACKED = ['outside', 'queue', 'input', 'infer', 'output', 'rest'];
const ALONE = ['winner', 'default', 'other', 'limit', 'text'];

test.each([
  ['light', light],
  ['dark', dark],
])('%s: every colour stands out from the page, and those of a stacked bar from each other', (_, text) => {
  const value = (name: string): string => text.match(new RegExp(`--${name}: (#[\\da-f]+)`))![1]!;
  for (const name of [...STACKED, ...ALONE]) {
    expect(contrast(value(name), value('page')), name).toBeGreaterThanOrEqual(4.5);
  }
  for (const [index, name] of STACKED.entries()) {
    for (const other of STACKED.slice(0, index)) {
      expect(apart(value(name), value(other)), `${name} and ${other}`).toBeGreaterThan(20);
    }
  }
  expect(apart(value('winner'), value('default'))).toBeGreaterThan(20);
});

test('a drawing outside a page has the light colours of the style sheet', () => {
  for (const [name, colour] of Object.entries(COLOR)) {
    // These two are the page's own.
    if (name === 'page' || name === 'text') continue;
    expect(light).toContain(`--${name}: ${standalone(colour)}`);
  }
});
