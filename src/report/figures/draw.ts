import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

/** The part of a DOM element that is used here; the DOM itself is linkedom's. */
interface SvgElement {
  readonly outerHTML: string;
  setAttribute(name: string, value: string): void;
  querySelectorAll(selector: string): Iterable<{ remove(): void }>;
}

const { document } = parseHTML('<!doctype html><html><body></body></html>');

/** Colours that stay apart for colour-blind eyes (Okabe and Ito); one meaning each in every figure. */
export const COLOR = {
  queue: '#e69f00',
  input: '#56b4e9',
  infer: '#009e73',
  output: '#cc79a7',
  winner: '#0072b2',
  default: '#d55e00',
  limit: '#b3261e',
  other: '#8a8f98',
} as const;

/** Draws a plot to the text of one SVG element, without a browser. */
export function drawSvg(options: Plot.PlotOptions, label: string): string {
  const svg = Plot.plot({
    document: document as never,
    width: 720,
    height: 380,
    marginLeft: 56,
    marginBottom: 42,
    style: { fontFamily: 'inherit', fontSize: '12px', background: 'transparent', color: 'currentColor' },
    ...options,
  }) as unknown as SvgElement;
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', label);
  // The rule block is the same in every plot; the page's own style sheet sizes them.
  for (const style of [...svg.querySelectorAll('style')]) style.remove();
  return svg.outerHTML;
}

/** A drawing as a file of its own: with the colours and the font that a page would give it. */
export const standalone = (svg: string): string =>
  svg.replace(/^<svg/, '<svg xmlns="http://www.w3.org/2000/svg" color="#1c2024" font-family="sans-serif"');
