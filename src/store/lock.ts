import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { commandWithoutSecrets } from '../config/secrets.ts';
import { environmentError } from '../ground/errors.ts';
import { takeLock } from '../ground/file-lock.ts';
import { onDisk } from '../ground/paths.ts';

/** What is locked, in the user's words. */
export interface Locked {
  readonly folder: string;
  /** Name of the lock's file in it. */
  readonly name: string;
  /** `the checkpoint directory` */
  readonly what: string;
  /** The option that names another. */
  readonly option: string;
}

/** Two tma that measure into one checkpoint directory would measure everything twice, and lose each other's logs. */
export const CHECKPOINT_LOCK = {
  name: 'tma.lock',
  what: 'the checkpoint directory',
  option: 'checkpoint-directory',
} as const;

/**
 * Takes a folder for this process alone, until it is disposed of; makes the folder if it is missing.
 * @throws UserError naming the holder when another tma has it.
 */
export function lockFolder(locked: Locked, command: readonly string[]): Disposable {
  const { folder, what, option } = locked;
  const file = join(folder, locked.name);
  const lock = onDisk(`cannot write ${what} ${folder}`, `name another folder with --${option}`, () => {
    mkdirSync(folder, { recursive: true });
    return takeLock(file, commandWithoutSecrets(command).join(' '));
  });
  if (!('isSeen' in lock)) return lock;
  const { holder, isSeen } = lock;
  const who = holder
    ? `another tma, process ${holder.pid} on ${holder.host} since ${holder.since}: ${holder.command}`
    : 'another tma';
  throw environmentError(
    `${what} ${folder} is in use by ${who}`,
    `wait until it has ended, or name another folder with --${option}${isSeen ? '' : `; if it was killed, this goes on a minute after that, or when ${file} is removed`}`,
  );
}
