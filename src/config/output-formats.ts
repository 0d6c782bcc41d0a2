/** What a result is written as, by the names of `output_formats`; those behind `csv` are read by other programs. */
export const OUTPUT_FORMATS = [
  'html',
  'pdf',
  'png',
  'csv',
  'junit',
  'markdown',
  'benchmark',
  'openmetrics',
] as const;

export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** What is written where nothing is asked for, and what `--skip-summary-reports` leaves out: pages, plots and tables. */
const USUAL: readonly OutputFormat[] = ['html', 'pdf', 'png', 'csv'];

/**
 * What is to be written.
 * @param asked what the user asked for, if anything.
 * @param always what a command writes whatever is asked for.
 * @param withoutSummary without pages and tables: what is left is what other programs read, where that was asked for.
 */
export function formatsToWrite(
  asked: readonly OutputFormat[] | undefined,
  always: readonly OutputFormat[],
  withoutSummary = false,
): readonly OutputFormat[] {
  const wanted = [...always, ...(asked ?? USUAL)];
  return OUTPUT_FORMATS.filter(
    (format) => wanted.includes(format) && !(withoutSummary && USUAL.includes(format)),
  );
}
