import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentError } from '../ground/errors.ts';
import { execute } from '../ground/execute.ts';

/** A file of PyPI, known to the byte. */
export interface Wheel {
  readonly package: string;
  readonly packageVersion: string;
  readonly sha256: string;
  /** Asked for instead of this machine's own. */
  readonly platform?: string;
  readonly pythonVersion?: string;
}

/**
 * Fetches a wheel with the machine's pip and checks its hash.
 * @returns its path.
 * @throws UserError when it can't be had or is another file.
 */
export async function fetchWheel(python: string, wheel: Wheel, folder: string): Promise<string> {
  const { package: name, packageVersion, sha256, platform, pythonVersion } = wheel;
  const result = await execute(
    python,
    [
      ...['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps'],
      ...['--only-binary=:all:', '--dest', folder],
      ...(platform ? ['--platform', platform] : []),
      ...(pythonVersion ? ['--python-version', pythonVersion] : []),
      `${name}==${packageVersion}`,
    ],
    { reject: false },
  );
  const file = readdirSync(folder).find((entry) => entry.endsWith('.whl'));
  if (!file) {
    const reason = `${result.stderr || result.shortMessage || ''}`.trim().split('\n').at(-1);
    throw environmentError(
      `${name} ${packageVersion} could not be fetched from PyPI: ${reason}`,
      /No module named pip/.test(`${result.stderr}`)
        ? 'Debian: apt-get install python3-pip'
        : 'it is there for Linux on x86-64; check the network and the pip settings',
    );
  }
  const path = join(folder, file);
  const found = createHash('sha256').update(readFileSync(path)).digest('hex');
  if (found !== sha256) {
    throw environmentError(
      `${file} is not the file it should be: sha256 ${found}, expected ${sha256}`,
      'fetch it from another index',
    );
  }
  return path;
}
