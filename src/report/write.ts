import { join } from 'node:path';
import type { ReportSettings } from '../config/experiment.ts';
import { messageOf, UserError } from '../ground/errors.ts';
import type { AcrossModels } from '../rank/across.ts';
import type { Ranking } from '../rank/rank.ts';
import type { Run } from '../record/run.ts';
import { csvText, resultTables, type Table } from './csv.ts';
import type { Page } from './pages.ts';
import { NO_BROWSER, openPrinter } from './pdf.ts';
import { put, takeBack } from './put.ts';
import { resultsJson } from './results.ts';

/** Puts pages into files of one format. */
export interface ReportWriter {
  readonly format: 'html' | 'pdf' | 'png';
  /** Answers the files written, and in words what could not be. */
  write(
    pages: readonly Page[],
    exportPath: string,
    /** Aborted: what takes long is left out, and said. */
    signal?: AbortSignal,
  ): Promise<{ files: string[]; notes: string[] }>;
}

export const htmlWriter: ReportWriter = {
  format: 'html',
  async write(pages, exportPath) {
    return { files: pages.map((page) => put(exportPath, `${page.path}.html`, page.html)), notes: [] };
  },
};

export const pdfWriter: ReportWriter = {
  format: 'pdf',
  async write(pages, exportPath, signal) {
    if (pages.length === 0) return { files: [], notes: [] };
    try {
      await using printer = await openPrinter({ signal });
      if (!printer) return { files: [], notes: [NO_BROWSER] };
      const files: string[] = [];
      for (const page of pages) {
        files.push(put(exportPath, `${page.path}.pdf`, await printer.print(page.html, page.title)));
      }
      return { files, notes: [] };
    } catch (error) {
      if (error instanceof UserError) throw error;
      return { files: [], notes: [`no PDF: ${failedBrowser(error, signal)}`] };
    }
  },
};

/** Plots as pictures; where there is no browser, as the drawings that they are. */
export const pngWriter: ReportWriter = {
  format: 'png',
  async write(pages, exportPath, signal) {
    const figures = pages.flatMap((page) => page.figures);
    if (figures.length === 0) return { files: [], notes: [] };
    try {
      await using printer = await openPrinter({ signal });
      if (printer) {
        const pictures = await printer.pictures(figures.map(({ svg }) => svg));
        return {
          files: figures.map(({ path }, i) => put(exportPath, `${path}.png`, pictures[i]!)),
          notes: [],
        };
      }
    } catch (error) {
      if (error instanceof UserError) throw error;
      return {
        files: [],
        notes: [`no plots as PNG: ${failedBrowser(error, signal)}`],
      };
    }
    const { standalone } = await import('./figures/draw.ts');
    return {
      files: figures.map(({ path, svg }) => put(exportPath, `${path}.svg`, standalone(svg))),
      notes: ['the plots are SVG: for PNG a browser is needed, too'],
    };
  },
};

const failedBrowser = (error: unknown, signal: AbortSignal | undefined): string =>
  signal?.aborted
    ? 'it was stopped; `tma report` makes it'
    : `the browser failed: ${messageOf(error).split('\n')[0]}`;

/** What these writers make of pages. */
export async function writeAll(
  writers: readonly ReportWriter[],
  pages: readonly Page[],
  exportPath: string,
): Promise<{ files: string[]; notes: string[] }> {
  const written = { files: [] as string[], notes: [] as string[] };
  for (const writer of writers) {
    const { files, notes } = await writer.write(pages, exportPath);
    written.files.push(...files);
    written.notes.push(...notes);
  }
  return written;
}

/**
 * The tables, results.json and, for each model for which something was decided, the config.pbtxt to serve it with; a
 * table without rows gives no file.
 */
export function writeResults(
  run: Run,
  rankings: readonly Ranking[],
  exportPath: string,
  {
    fileNames,
    fields,
    across,
  }: Pick<ReportSettings, 'fileNames' | 'fields'> & { readonly across?: AcrossModels | undefined },
): string[] {
  const made = resultTables(run, rankings, fields);
  const tables: [string, Table][] = [
    [fileNames.inference, made.inference],
    [fileNames.gpu, made.gpu],
    [fileNames.server, made.server],
  ];
  const csv = tables
    .filter(([, table]) => table.rows.length > 0)
    .map(([name, table]) => put(exportPath, join('results', name), csvText(table)));
  const json = put(exportPath, join('results', 'results.json'), resultsJson(run, rankings, across));
  const best = rankings.flatMap(({ model, winner }) => {
    const file = join('results', 'best', model, 'config.pbtxt');
    // Alone it is not what was measured where the models that it is made of were changed, too.
    if (winner && !winner.trial.composing) return [put(exportPath, file, winner.trial.configText)];
    // An earlier run's answer is not this one's.
    takeBack(exportPath, file);
    return [];
  });
  return [...csv, json, ...best];
}
