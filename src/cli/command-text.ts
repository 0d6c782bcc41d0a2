import { shellWord } from '../ground/wording.ts';
import { layoutOf, type Mode } from '../index.ts';
import { type Process, shortPath } from './process.ts';

/** A command as it can be typed: what a shell would take apart is quoted. */
export const commandText = (words: readonly string[]): string => words.map(shellWord).join(' ');

/** `tma report` with what says where a run's journal and pages lie. */
export function reportCommandOf(
  process: Process,
  run: { readonly checkpointDirectory: string; readonly exportPath: string; readonly mode: Mode },
): string[] {
  const { checkpoints, exports } = layoutOf(process.cwd());
  const unless = (flag: string, path: string, usual: string): string[] =>
    path === usual ? [] : [flag, shortPath(process, path) || '.'];
  return [
    'tma',
    ...(run.mode === 'offline' ? ['-m', run.mode] : []),
    'report',
    ...unless('-s', run.checkpointDirectory, checkpoints),
    ...unless('-e', run.exportPath, exports),
  ];
}

/** A note of a writer, which names the command only; where journal and pages lie is known to the command line. */
export const typedNote = (note: string, reportCommand: readonly string[]): string =>
  note.replaceAll('`tma report`', () => `\`${commandText(reportCommand)}\``);
