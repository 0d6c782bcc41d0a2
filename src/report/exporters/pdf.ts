import { UserError } from '../../ground/errors.ts';
import type { Exporter } from '../exporter.ts';
import { pagesOf } from '../pages.ts';
import { put } from '../put.ts';

/** The pages for paper as PDF, printed by a browser. */
export const pdfExporter: Exporter = {
  name: 'pdf',
  format: 'pdf',
  async write(result, to, { signal } = {}) {
    const pages = (await pagesOf(result)).flatMap(({ path, paper }) => (paper ? [{ path, paper }] : []));
    if (pages.length === 0) return { files: [], notes: [] };
    const { NO_BROWSER, openPrinter, whyNotPrinted } = await import('../printer.ts');
    try {
      await using printer = await openPrinter({ signal });
      if (!printer) return { files: [], notes: [NO_BROWSER] };
      const files: string[] = [];
      for (const { path, paper } of pages) files.push(put(to, `${path}.pdf`, await printer.print(paper())));
      return { files, notes: [] };
    } catch (error) {
      if (error instanceof UserError) throw error;
      return { files: [], notes: [`no PDF: ${whyNotPrinted(error, signal)}`] };
    }
  },
};
