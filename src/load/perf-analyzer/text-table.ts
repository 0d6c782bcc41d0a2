/** A row of perf_analyzer's CSV by column, times in microseconds; cells of several GPUs by UUID. */
export interface Row {
  readonly values: Readonly<Record<string, number>>;
  readonly gpus: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** GPU columns that hold nothing. */
  readonly empty: readonly string[];
}

/**
 * Reads perf_analyzer's CSV, plain or verbose: a row a load. GPU cells have the form `UUID:value;UUID:value;`.
 * Rows come sorted by throughput, not by load.
 */
export function parseTable(text: string): Row[] {
  const [header, ...lines] = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (header === undefined) return [];
  const columns = header.split(',');
  return lines.map((line) => {
    const values: Record<string, number> = {};
    const gpus: Record<string, Record<string, number>> = {};
    const empty: string[] = [];
    for (const [index, cell] of line.split(',').entries()) {
      const column = columns[index];
      if (column === undefined) continue;
      if (/GPU/.test(column)) {
        const cells = cell.split(';').flatMap((item) => {
          const match = /^(.+):([^:]+)$/.exec(item);
          return match ? [[match[1]!, Number(match[2])] as const] : [];
        });
        if (cells.length > 0) gpus[column] = Object.fromEntries(cells);
        else empty.push(column);
      } else if (cell !== '' && Number.isFinite(Number(cell))) {
        values[column] = Number(cell);
      }
    }
    return { values, gpus, empty };
  });
}
