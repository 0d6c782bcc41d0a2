import { metricTables } from './metric-tables.ts';
import { optionTables } from './option-tables.ts';
import { peerTables } from './peer-tables.ts';

/** The pages of docs/ that hold tables made of the source. */
export const PAGES_WITH_TABLES = [
  'docs/perf-yaml.md',
  'docs/metrics.md',
  'docs/load.md',
  'docs/from-model-analyzer.md',
] as const;

/** A page with its tables as the source has them: whatever stands between `<!-- table: NAME -->` and `<!-- end -->`. */
export function withTables(page: string): string {
  const tables: Readonly<Record<string, string>> = { ...optionTables(), ...metricTables(), ...peerTables() };
  return page.replace(/^<!-- table: ([^\n]+) -->\n.*?^<!-- end -->$/gms, (_block, name: string) => {
    const table = tables[name];
    if (table === undefined) throw new Error(`no table "${name}": ${Object.keys(tables).join(', ')}`);
    return `<!-- table: ${name} -->\n${table}\n<!-- end -->`;
  });
}
