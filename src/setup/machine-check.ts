import { codeOf, messageOf, type Problem, UserError } from '../ground/errors.ts';
import { execute } from '../ground/execute.ts';
import { formatBytes } from '../ground/wording.ts';

/** What was found of one thing that a run needs or may need. */
export interface Check {
  readonly name: string;
  /** missing: what was asked for does not run without it; absent: it is not there, and not needed. */
  readonly state: 'ok' | 'missing' | 'absent';
  /** What was found, or what is wrong. */
  readonly text: string;
  /** What to do about it; of what is absent only to those who want it. */
  readonly fix?: string;
}

/**
 * Looks at one thing; the mistake that a run would tell of it is what is wrong here.
 * @param needed without it nothing can be measured.
 * @param look answers what was found in words.
 * @throws what neither a run nor the system would tell: a bug.
 */
export async function check(
  name: string,
  needed: boolean,
  look: () => string | Promise<string>,
): Promise<Check> {
  try {
    return { name, state: 'ok', text: await look() };
  } catch (error) {
    // A certificate that is not there, a socket that may not be opened.
    if (codeOf(error) !== undefined) return lacking(name, needed, { message: messageOf(error) });
    if (!(error instanceof UserError)) throw error;
    return lacking(name, needed, error.problems[0]!);
  }
}

/** What is not there, or not as it should be. */
export const lacking = (name: string, needed: boolean, { message, hint }: Problem): Check => ({
  name,
  state: needed ? 'missing' : 'absent',
  text: message,
  ...(hint !== undefined && { fix: hint }),
});

/** Bytes that a server and a small model need. */
const LEAST_MEMORY = 1e9;

/** @param available bytes of memory that are free for this process, in its container. */
export function memoryCheck(available: number, all: number): Check {
  const text = `${formatBytes(available)} free of ${formatBytes(all)}`;
  if (available >= LEAST_MEMORY) return { name: 'memory', state: 'ok', text };
  return lacking('memory', false, {
    message: `${text}: little for a server and a model`,
    hint: 'end other programs, or give the container more',
  });
}

/** What Triton's Python backend takes of it, and what requests of a shared memory region are put into. */
const LEAST_SHM = 64 * 2 ** 20;

/** @param free bytes of /dev/shm; undefined: there is none. */
export function sharedMemoryCheck(free: number | undefined): Check {
  const name = '/dev/shm';
  if (free !== undefined && free >= LEAST_SHM)
    return { name, state: 'ok', text: `${formatBytes(free)} free` };
  const message = free === undefined ? 'there is none' : `${formatBytes(free)} free`;
  return lacking(name, false, {
    message: `${message}: models in Python, and shared-memory: system, need 64 MB and more`,
    hint: '`mount -o remount,size=1g /dev/shm` as root; in a container --shm-size=1g',
  });
}

/**
 * Whether a program runs here at all: its libraries may be missing.
 * @param says what it prints where it does, whatever its exit code.
 * @returns what is wrong, in its own words; undefined where it runs.
 */
export async function whyNotRunning(
  program: string,
  args: readonly string[],
  says: RegExp,
): Promise<string | undefined> {
  const result = await execute(program, args, { reject: false, stdin: 'ignore', timeout: 20_000, all: true });
  const text = `${result.all ?? ''}`.trim();
  if (says.test(text)) return undefined;
  return text.split('\n').at(-1) || (result.shortMessage ?? 'it prints nothing');
}

/** A version as a program tells it; `0.0.0` is what one says that was built without being told its version. */
export const toldVersion = (version: string): string =>
  version === '' ? 'version not told' : version.replace(/^0\.0\.0(?= |$)/, 'version not told');
