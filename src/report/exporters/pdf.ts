import { UserError } from '../../ground/errors.ts';
import type { Exporter } from '../exporter.ts';
import { pagesOf } from '../pages.ts';
import { put } from '../put.ts';

/** The pages as PDF, printed by a browser. */
export const pdfExporter: Exporter = {
  name: 'pdf',
  format: 'pdf',
  async write(result, to, { signal } = {}) {
    const pages = (await pagesOf(result)).filter(({ isForScreens }) => !isForScreens);
    if (pages.length === 0) return { files: [], notes: [] };
    const { NO_BROWSER, openPrinter, whyNotPrinted } = await import('../printer.ts');
    try {
      await using printer = await openPrinter({ signal });
      if (!printer) return { files: [], notes: [NO_BROWSER] };
      const files: string[] = [];
      for (const page of pages) {
        files.push(put(to, `${page.path}.pdf`, await printer.print(page.html, page.title)));
      }
      return { files, notes: [] };
    } catch (error) {
      if (error instanceof UserError) throw error;
      return { files: [], notes: [`no PDF: ${whyNotPrinted(error, signal)}`] };
    }
  },
};
