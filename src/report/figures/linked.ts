import type * as Plot from '@observablehq/plot';
import type { SvgElement } from './draw.ts';

const SVG = 'http://www.w3.org/2000/svg';

/** Where a mark of a figure leads to, and what it is. */
export interface Link {
  /** Of the row that it belongs to. */
  readonly anchor: string;
  /** Of the mark itself, unique within the page. */
  readonly id: string;
  /** What it says where it is pointed at, and to a screen reader. */
  readonly label: string;
  /** Whether the keyboard comes by. */
  readonly isReached: boolean;
}

/** Makes each mark of a plot a link, in the order of its data. */
export const linked =
  (links: readonly Link[]): Plot.RenderFunction =>
  (index, scales, values, dimensions, context, next) => {
    const drawn = next!(index, scales, values, dimensions, context) as unknown as SvgElement;
    // What ends at the frame has a group around its own.
    const [group = drawn] = drawn.querySelectorAll('.dots');
    for (const [at, mark] of [...group.children].entries()) {
      const link = links[index[at]!]!;
      const { ownerDocument } = drawn;
      const around = ownerDocument.createElementNS(SVG, 'a');
      around.setAttribute('href', `#${link.anchor}`);
      around.setAttribute('id', link.id);
      if (!link.isReached) around.setAttribute('tabindex', '-1');
      mark.replaceWith(around);
      const title = ownerDocument.createElementNS(SVG, 'title');
      title.textContent = link.label;
      around.append(title, mark);
    }
    return drawn as never;
  };

/** Draws all circles of a mark as one path, without a title each: of a thousand that is a quarter of the bytes. */
export const asOnePath =
  (radius: number): Plot.RenderFunction =>
  (index, scales, values, dimensions, context, next) => {
    const drawn = next!(index, scales, values, dimensions, context) as unknown as SvgElement;
    const { x, y } = values as { readonly x: readonly number[]; readonly y: readonly number[] };
    const path = drawn.ownerDocument.createElementNS(SVG, 'path');
    const arc = `a${radius},${radius} 0 1 0`;
    const circles = index.map(
      (at) =>
        `M${(x[at]! - radius).toFixed(1)},${y[at]!.toFixed(1)}${arc} ${2 * radius} 0${arc}-${2 * radius} 0`,
    );
    path.setAttribute('d', circles.join(''));
    for (const mark of [...drawn.children]) mark.remove();
    drawn.append(path);
    return drawn as never;
  };

/**
 * What makes a mark part of what the page's script zooms: `zoomed` ones are stretched with the plot, `dots` keep their
 * size. Both end at the frame.
 */
export const marked = (className: 'zoomed' | 'dots', render?: Plot.RenderFunction) => ({
  className,
  clip: true as const,
  ...(render && { render }),
});

/**
 * Says of each mark of a plot to which row it belongs, in the order of its data; `in order` of lines, each of which is one
 * mark of many data.
 */
export const rowed =
  (anchors: readonly string[], order: 'by data' | 'in order' = 'by data'): Plot.RenderFunction =>
  (index, scales, values, dimensions, context, next) => {
    const drawn = next!(index, scales, values, dimensions, context) as unknown as SvgElement;
    for (const [at, mark] of [...drawn.children].entries()) {
      mark.setAttribute('data-row', anchors[order === 'in order' ? at : index[at]!]!);
    }
    return drawn as never;
  };
