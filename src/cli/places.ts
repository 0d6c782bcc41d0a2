import { dirname, join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { counted } from '../ground/wording.ts';
import type { Exported } from '../index.ts';
import { type Process, shortPath } from './process.ts';

/**
 * Where to look first, a line each: the summaries, the plots, the tables; how many pages of single configurations there are.
 * @param told where it is to be read: a terminal makes a link of an address.
 */
export function placesOf(
  all: readonly Exported[],
  exportPath: string,
  process: Process,
  told: NodeJS.WriteStream,
): readonly string[] {
  const files = all.flatMap((item) => item.files);
  const typed = (path: string): string =>
    told.isTTY && path.endsWith('.html') ? pathToFileURL(path).href : shortPath(process, path);
  const below = (folder: string): string[] =>
    files.filter((path) => path.startsWith(join(exportPath, folder, sep)));
  const summaries = Map.groupBy(below(join('reports', 'summaries')), (path) => dirname(path));
  const detailed = new Set(below(join('reports', 'detailed')).map((path) => dirname(path)));
  const detailedPath = shortPath(process, join(exportPath, 'reports', 'detailed'));
  return [
    ...[...summaries.values()].flatMap((pages) =>
      pages.map((path, index) => `${index === 0 ? 'report ' : '       '}  ${typed(path)}`),
    ),
    ...(detailed.size > 0 ? [`detailed ${detailedPath} (${counted(detailed.size, 'configuration')})`] : []),
    ...(below('plots').length > 0 ? [`plots    ${shortPath(process, join(exportPath, 'plots'))}`] : []),
    ...below('results').map((path) => `results  ${shortPath(process, path)}`),
  ];
}
