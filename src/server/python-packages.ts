import { createHash } from 'node:crypto';
import { execute } from '../ground/execute.ts';

/** A folder of whoever asks is none of a model's. */
const LIST = [
  'import sys',
  'from importlib.metadata import distributions',
  'sys.path[:] = [place for place in sys.path if place]',
  'print(sys.version)',
  'for line in sorted({f"{found.name} {found.version}" for found in distributions()}): print(line)',
].join('\n');

/**
 * A hash of the Python, and of the names and versions of its packages, that models of a server on this machine find;
 * undefined where no Python can be run.
 * @param environmentScript of an installation of `tma install triton`: runs a program with its models' Python.
 */
export async function pythonPackages(environmentScript: string | undefined): Promise<string | undefined> {
  const [file, ...args] = [...(environmentScript === undefined ? [] : [environmentScript]), 'python3'];
  const listed = await execute(file!, [...args, '-c', LIST], { reject: false, stdin: 'ignore' });
  if (listed.failed) return undefined;
  return createHash('sha256').update(listed.stdout).digest('hex').slice(0, 16);
}
