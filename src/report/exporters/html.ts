import type { Exporter } from '../exporter.ts';
import { pagesOf } from '../pages.ts';
import { put } from '../put.ts';

/** Pages for a browser, each one file that loads nothing. */
export const htmlExporter: Exporter = {
  name: 'html',
  format: 'html',
  async write(result, to) {
    const pages = await pagesOf(result);
    return { files: pages.map((page) => put(to, `${page.path}.html`, page.html)), notes: [] };
  },
};
