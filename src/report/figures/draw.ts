import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { attributeText } from '../xml-text.ts';

/** The part of a DOM element that is used here; the DOM itself is linkedom's. */
export interface SvgElement {
  readonly outerHTML: string;
  readonly children: Iterable<SvgElement>;
  readonly ownerDocument: { createElementNS(namespace: string, name: string): SvgElement };
  textContent: string;
  setAttribute(name: string, value: string): void;
  querySelectorAll(selector: string): Iterable<SvgElement>;
  replaceWith(other: SvgElement): void;
  append(...others: SvgElement[]): void;
  remove(): void;
}

const { document } = parseHTML('<!doctype html><html><body></body></html>');

/**
 * A colour of `templates/charts.css`, which has one for light and one for dark pages; this one is the light one, for
 * drawings outside a page.
 */
const colour = (name: string, light: string): string => `var(--${name},${light})`;

/**
 * One meaning each in every figure. On the page's ground each has a contrast of 4.5 at least, light and dark, and the
 * parts of a stacked bar stay apart for colour-blind eyes, too (`test/report/figures/colours.test.ts`).
 */
export const COLOR = {
  outside: colour('outside', '#52535d'),
  queue: colour('queue', '#86520a'),
  input: colour('input', '#063557'),
  infer: colour('infer', '#2f7a50'),
  output: colour('output', '#b5339d'),
  rest: colour('rest', '#272422'),
  winner: colour('winner', '#0067ad'),
  default: colour('default', '#b4510a'),
  limit: colour('limit', '#b3261e'),
  allowed: colour('allowed', '#e8f5ee'),
  other: colour('other', '#6b7078'),
  text: colour('text', '#1b1f24'),
  page: colour('page', '#ffffff'),
} as const;

/** What a configuration is in a figure; each has a colour and a shape. */
export type Role = 'winner' | 'default' | 'other';

export const SHAPES = { winner: 'star', default: 'diamond2', other: 'circle' } as const;

/** Widths that figures are drawn for: of a screen on a desk, of a telephone, and of half a sheet of paper. */
export const WIDTHS = { wide: 960, narrow: 340, paper: 340 } as const;

export type Width = keyof typeof WIDTHS;

/** A figure in both widths, of which the style sheet shows the one that fits. */
export const inBothWidths = (draw: (width: Width) => string): string =>
  `<div class="wide">${draw('wide')}</div><div class="narrow">${draw('narrow')}</div>`;

/** A figure for half a sheet of paper. */
export const onPaper = (draw: (width: Width) => string): string => draw('paper');

/** What a plot calls a group of its marks, in a place where a screen reader wants none. */
const MARK_LABEL = /(<g [^>]*?)aria-label=/g;

/** Stands for a figure's name until it is written. */
const LABEL = '(label)';

/**
 * Draws a plot to the text of one SVG element, without a browser.
 * @param role `group` where it holds links, which no part of an image may be.
 */
export function drawSvg(
  options: Plot.PlotOptions,
  label: string,
  role: 'img' | 'group' = 'img',
  data: Readonly<Record<string, string>> = {},
): string {
  const svg = Plot.plot({
    document: document as never,
    width: 720,
    height: 380,
    marginLeft: 56,
    marginBottom: 42,
    style: { fontFamily: 'inherit', fontSize: '12px', background: 'transparent', color: 'currentColor' },
    ...options,
  }) as unknown as SvgElement;
  svg.setAttribute('role', role);
  svg.setAttribute('aria-label', LABEL);
  for (const [name, value] of Object.entries(data)) svg.setAttribute(`data-${name}`, value);
  // The rule block is the same in every plot; the page's own style sheet sizes them.
  for (const style of [...svg.querySelectorAll('style')]) style.remove();
  // linkedom leaves < and > in attributes as they are.
  return rounded(svg.outerHTML)
    .replaceAll(MARK_LABEL, '$1data-mark=')
    .replace(LABEL, () => attributeText(label));
}

/** Places of a drawing to a tenth of a pixel: whole decimals would be half of its bytes. */
const rounded = (svg: string): string =>
  svg.replace(/<[^>]+>/g, (tag) =>
    tag.replace(/ (?:d|[cxy]|[cxy][12xy]|width|height|transform|points)="[^"]*"/g, (attribute) =>
      attribute.replace(/(\d\.\d)\d+/g, '$1'),
    ),
  );

/** A drawing as a file of its own: with the colours and the font that a page would give it. */
export const standalone = (svg: string): string =>
  svg
    .replace(/var\(--[a-z]+,(#[\da-f]{6})\)/g, '$1')
    .replace(/^<svg/, '<svg xmlns="http://www.w3.org/2000/svg" color="#1c2024" font-family="sans-serif"');
