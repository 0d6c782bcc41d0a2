import { type UserError, userError } from '../ground/errors.ts';
import { recordedNear } from '../index.ts';
import { commandText } from './command-text.ts';
import { type Process, shortPath } from './process.ts';

/** Where a run was looked for. */
interface Searched {
  /** Where it would have been. */
  readonly checkpointDirectory: string;
  /** All places, where the user named none. */
  readonly lookedIn: readonly string[] | undefined;
}

/** What a command needs of a run beside that it is there. */
interface Needed {
  /** Whether the command goes through with this checkpoint directory alone. */
  isEnough(folder: string): boolean;
  /** What is said of the runs that there are, where none of them is enough. */
  otherwise(folders: readonly string[]): string;
}

/**
 * That there is no run: where it was looked for, where there is one instead, and what to type.
 * @param command the command up to where a checkpoint directory is named.
 */
export function nothingRecorded(
  process: Process,
  { checkpointDirectory, lookedIn }: Searched,
  command: readonly string[],
  { isEnough, otherwise }: Needed = { isEnough: () => true, otherwise: () => '' },
): UserError {
  const near = recordedNear(lookedIn ? process.cwd() : checkpointDirectory).filter(
    (folder) => folder !== checkpointDirectory,
  );
  const short = (folder: string): string => shortPath(process, folder) || '.';
  const naming = (directory: string): string => `\`${commandText([...command, directory])}\``;
  const enough = near.filter(isEnough).map(short);
  const [first] = enough;
  const there = (folders: readonly string[]): string => `there is a run in ${folders.join(', ')}`;
  const hint =
    first !== undefined
      ? `${there(enough)}: ${naming(first)}`
      : near.length > 0
        ? `${there(near.map(short))}${otherwise(near.map(short))}`
        : `run \`tma profile\` first, or name the folder that it was told as --checkpoint-directory: ${naming('DIR')}`;
  return userError(`nothing is recorded in ${lookedIn?.join(' or in ') ?? checkpointDirectory}`, hint);
}
