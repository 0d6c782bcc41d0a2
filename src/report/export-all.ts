import { formatProblem, type Problem, UserError } from '../ground/errors.ts';
import type { Exporter, ExportOptions, Result, Written } from './exporter.ts';
import { benchmarkExporter } from './exporters/benchmark.ts';
import { bestExporter } from './exporters/best.ts';
import { csvExporter } from './exporters/csv.ts';
import { htmlExporter } from './exporters/html.ts';
import { jsonExporter } from './exporters/json.ts';
import { junitExporter } from './exporters/junit.ts';
import { markdownExporter } from './exporters/markdown.ts';
import { openMetricsExporter } from './exporters/openmetrics.ts';
import { pdfExporter } from './exporters/pdf.ts';
import { pngExporter } from './exporters/png.ts';

/** Everything that a result can be written as: figures first, then pages, and last what needs a browser. */
export const EXPORTERS: readonly Exporter[] = [
  csvExporter,
  jsonExporter,
  bestExporter,
  junitExporter,
  markdownExporter,
  benchmarkExporter,
  openMetricsExporter,
  htmlExporter,
  pdfExporter,
  pngExporter,
];

/** What one exporter came to. */
export interface Exported extends Written {
  readonly exporter: Exporter;
  /** What it failed with; then its files are not known. */
  readonly error?: unknown;
}

/**
 * Writes a result by each exporter in turn; one that fails keeps no other from writing.
 * @param options of them the exporters; absent: those of the formats that the result's settings ask for.
 */
export async function exportAll(
  result: Result,
  to: string,
  {
    exporters = EXPORTERS.filter(({ format }) => result.settings.formats.includes(format)),
    ...options
  }: ExportOptions & { readonly exporters?: readonly Exporter[] } = {},
): Promise<readonly Exported[]> {
  const all: Exported[] = [];
  for (const exporter of exporters) {
    try {
      all.push({ exporter, ...(await exporter.write(result, to, options)) });
    } catch (error) {
      all.push({ exporter, files: [], notes: [], error });
    }
  }
  return all;
}

/** @throws what exporters failed with: a bug of ours, else one UserError with all that the user can put right. */
export function throwFailures(all: readonly Exported[]): void {
  const errors = all.flatMap((item) => ('error' in item ? [item.error] : []));
  for (const error of errors) if (!(error instanceof UserError)) throw error;
  const problems = errors.flatMap((error) => (error as UserError).problems);
  const each = new Map(problems.map((problem): [string, Problem] => [formatProblem(problem), problem]));
  if (each.size > 0) throw new UserError([...each.values()]);
}
