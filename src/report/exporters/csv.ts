import { join } from 'node:path';
import type { Exporter } from '../exporter.ts';
import { put } from '../put.ts';
import { csvText, resultTables } from '../tables.ts';

/** Model Analyzer's tables, each a file; one without rows gives none. */
export const csvExporter: Exporter = {
  name: 'csv',
  format: 'csv',
  async write({ run, rankings, settings: { fields, fileNames } }, to) {
    const made = resultTables(run, rankings, fields);
    const files = (['inference', 'gpu', 'server'] as const)
      .filter((kind) => made[kind].rows.length > 0)
      .map((kind) => put(to, join('results', fileNames[kind]), csvText(made[kind])));
    return { files, notes: [] };
  },
};
