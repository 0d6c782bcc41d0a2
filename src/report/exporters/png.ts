import { UserError } from '../../ground/errors.ts';
import type { Exporter } from '../exporter.ts';
import { pagesOf } from '../pages.ts';
import { put } from '../put.ts';

/** The plots of the pages as pictures; where there is no browser, as the drawings that they are. */
export const pngExporter: Exporter = {
  name: 'png',
  format: 'png',
  async write(result, to, { signal } = {}) {
    const figures = (await pagesOf(result)).flatMap((page) => page.figures);
    if (figures.length === 0) return { files: [], notes: [] };
    const { openPrinter, whyNotPrinted } = await import('../printer.ts');
    try {
      await using printer = await openPrinter({ signal });
      if (printer) {
        const pictures = await printer.pictures(figures.map(({ svg }) => svg));
        return { files: figures.map(({ path }, i) => put(to, `${path}.png`, pictures[i]!)), notes: [] };
      }
    } catch (error) {
      if (error instanceof UserError) throw error;
      return { files: [], notes: [`no plots as PNG: ${whyNotPrinted(error, signal)}`] };
    }
    const { standalone } = await import('../figures/draw.ts');
    return {
      files: figures.map(({ path, svg }) => put(to, `${path}.svg`, standalone(svg))),
      notes: ['the plots are SVG: for PNG a browser is needed, too'],
    };
  },
};
