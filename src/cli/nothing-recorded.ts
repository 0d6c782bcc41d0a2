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

/**
 * That there is no run: where it was looked for, where there is one instead, and what to type.
 * @param command the command up to where a checkpoint directory is named.
 */
export function nothingRecorded(
  process: Process,
  { checkpointDirectory, lookedIn }: Searched,
  command: readonly string[],
): UserError {
  const near = recordedNear(lookedIn ? process.cwd() : checkpointDirectory)
    .filter((folder) => folder !== checkpointDirectory)
    .map((folder) => shortPath(process, folder) || '.');
  const naming = (directory: string): string => `\`${commandText([...command, directory])}\``;
  const [first] = near;
  return userError(
    `nothing is recorded in ${lookedIn?.join(' or in ') ?? checkpointDirectory}`,
    first === undefined
      ? `run \`tma profile\` first, or name the folder that it was told as --checkpoint-directory: ${naming('DIR')}`
      : `there is a run in ${near.join(', ')}: ${naming(first)}`,
  );
}
