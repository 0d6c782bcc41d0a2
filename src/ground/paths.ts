import { lstatSync, readdirSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { codeOf, type Fault, reasonOf, UserError, userError } from './errors.ts';

/** Links that are followed before a path counts as a circle of links. */
const MOST_LINKS = 40;
/** Bytes of a file's name on the usual file systems. */
const LONGEST_NAME = 255;

/**
 * Where a path really lies: every link on the way is followed. What does not exist yet is taken to be made below the
 * nearest folder that does.
 */
export function whereItLies(path: string, links = 0): string {
  const whole = resolve(path);
  try {
    return realpathSync(whole);
  } catch {
    const target = links < MOST_LINKS ? linkTarget(whole) : undefined;
    if (target !== undefined) return whereItLies(target, links + 1);
    const above = dirname(whole);
    return above === whole ? whole : join(whereItLies(above, links), basename(whole));
  }
}

/** What a link that leads nowhere yet points to. */
function linkTarget(path: string): string | undefined {
  try {
    return resolve(dirname(path), readlinkSync(path));
  } catch {
    return undefined;
  }
}

/**
 * Whether `outer` is `inner` or holds it, by what both resolve to; also where one folder shows at two places, as
 * with a bind mount.
 */
export function holds(outer: string, inner: string): boolean {
  const folder = whereItLies(outer);
  const identity = statOf(folder);
  for (let path = whereItLies(inner); ; path = dirname(path)) {
    if (path === folder) return true;
    const here = identity && statOf(path);
    if (here && here.ino === identity.ino && here.dev === identity.dev) return true;
    if (path === dirname(path)) return false;
  }
}

/** What lies at a path, links followed; undefined where nothing does, or nothing can be reached. */
export function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** Whether a path leads to a folder. */
export const isFolder = (path: string): boolean => statOf(path)?.isDirectory() ?? false;

/** The names in a folder; none where it can't be read. */
export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** What lies at a path, a link as a link; undefined where nothing does. */
export function lstatOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

/** What a name can't be a file's name for, in words; undefined for one that is a file's name. */
export function whyNoFileName(name: string): string | undefined {
  if (name === '' || name === '.' || name === '..') return `"${name}" is no name of a file`;
  if (name.includes('/') || name.includes(sep)) return 'it has a slash';
  if (/[\0-\x1f\x7f]/.test(name)) return 'it has a control character';
  const bytes = Buffer.byteLength(name);
  return bytes > LONGEST_NAME
    ? `it is ${bytes} bytes long, and a file's name has ${LONGEST_NAME}`
    : undefined;
}

/**
 * The path of something that is written below a folder.
 * @throws UserError when it lies elsewhere: by the names in it, or because a link on the way leads out of the folder.
 */
export function pathBelow(folder: string, name: string): string {
  const path = join(folder, name);
  if (relative(folder, path) === '' || name.split(sep).includes('..')) {
    throw userError(`"${name}" is not written: it would lie outside ${folder}`);
  }
  if (!holds(folder, path)) {
    throw userError(
      `${path} is not written: a link on the way leads out of ${folder}, to ${whereItLies(path)}`,
      'remove the link, or name that folder itself',
    );
  }
  return path;
}

/** What can't be done, and with what: `cannot write /out/results`. */
export type Cannot = `cannot ${'read' | 'write' | 'remove'} ${string}`;

/**
 * Does something with files; what the operating system says against it is told with the path as the user's to mend.
 * @param hint what to do where the reason does not say it.
 * @param always what else is worth knowing.
 */
export function onDisk<T>(what: Cannot, hint: string, act: () => T, always?: string): T {
  try {
    return act();
  } catch (error) {
    throw diskError(what, hint, error, always);
  }
}

/** The UserError for what the operating system said; anything else as it is. */
export function diskError(what: Cannot, hint: string, error: unknown, always?: string): unknown {
  const code = codeOf(error);
  if (error instanceof UserError || code === undefined || code.startsWith('ERR_')) return error;
  return new UserError({
    message: `${what}: ${reasonOf(error)}`,
    hint: [hintFor(code, hint), always ?? []].flat().join('; '),
    fault: diskFault(error, what.startsWith('cannot read') ? 'read' : 'write'),
  });
}

/**
 * Where it is to be mended that a file can't be read or written. A file that is not there or may not be read was named
 * wrongly; a disk without room, or a folder that may not be written to, is the machine's.
 */
export function diskFault(error: unknown, doing: 'read' | 'write'): Fault {
  const code = codeOf(error) ?? '';
  if (code === 'EACCES' || code === 'EPERM') return doing === 'write' ? 'environment' : 'input';
  return OF_THE_MACHINE.has(code) ? 'environment' : 'input';
}

/** No room, too many open files, a disk that is broken or may only be read. */
const OF_THE_MACHINE: ReadonlySet<string> = new Set([
  'ENOSPC',
  'EDQUOT',
  'EFBIG',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'EIO',
  'EROFS',
  'ESTALE',
]);

/** What helps against an error of the disk. */
function hintFor(code: string, otherwise: string): string {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'free some space on its disk';
    case 'ENAMETOOLONG':
      return `a file's name has ${LONGEST_NAME} bytes at most: give the model, or the folder, a shorter name`;
    case 'EEXIST':
    case 'ENOTDIR':
    case 'EISDIR':
      return `something else is in its way: remove it, or ${otherwise}`;
    default:
      return otherwise;
  }
}
