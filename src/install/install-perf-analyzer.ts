import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentError } from '../ground/errors.ts';
import { execute } from '../ground/execute.ts';
import { installedPerfAnalyzer, PERF_ANALYZER, perfAnalyzerFolder } from './cache.ts';
import { buildFolder, type Install, installing, writeScript } from './install-folder.ts';
import { fetchWheel } from './wheel.ts';

/** What the program needs newer than some machines have it; unpacked beside it, never installed. */
const LIBRARIES = ['libc6', 'libstdc++6', 'libgcc-s1', 'libssl3t64', 'zlib1g', 'libzstd1'];
const SUITE = 'trixie';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const LOADER = 'usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2';

/**
 * Brings the real perf_analyzer, out of PyPI's wheel, into the user's cache. It wants glibc 2.38: on an older
 * Debian the libraries of the next release are put beside it and it is started through their loader.
 * Doing it again changes nothing.
 * @returns the path of the `perf_analyzer` to start.
 * @throws UserError when it can't be had, or can't run here.
 */
export const installPerfAnalyzer = (install: Install = {}): Promise<string> =>
  installing('perf_analyzer', () => bringPerfAnalyzer(install));

async function bringPerfAnalyzer({ onProgress = () => {} }: Install): Promise<string> {
  const { version, package: name } = PERF_ANALYZER;
  const fresh = await buildFolder(perfAnalyzerFolder(), async (folder) => {
    onProgress(`fetching perf_analyzer ${version} (${name} from PyPI, 7 MB)`);
    const wheel = await fetchWheel('python3', PERF_ANALYZER, folder);
    await execute('python3', ['-m', 'zipfile', '-e', wheel, join(folder, 'wheel')]);
    rmSync(wheel);
    const program = join(folder, 'wheel', 'perf_analyzer', 'bin', 'perf_analyzer');
    chmodSync(program, 0o755);
    if (!(await runs(program))) {
      onProgress(`this machine's C library is too old for it: fetching that of Debian ${SUITE} (6 MB)`);
      await unpackLibraries(folder);
    }
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'bin', 'perf_analyzer'), START_SCRIPT, { mode: 0o755 });
    if (!(await runs(join(folder, 'bin', 'perf_analyzer'))))
      throw environmentError(
        `perf_analyzer ${version} does not run on this machine`,
        'name another with --perf-analyzer-path',
      );
  });
  // Again with every installation: tma may have become newer.
  writeScript(installedPerfAnalyzer(), START_SCRIPT);
  if (fresh) onProgress(`perf_analyzer ${version} is in ${perfAnalyzerFolder()}`);
  return installedPerfAnalyzer();
}

/** Whether a perf_analyzer tells its version. */
async function runs(program: string): Promise<boolean> {
  const result = await execute(program, ['--version'], { reject: false });
  return result.exitCode === 0 && /Perf Analyzer Version/i.test(`${result.stdout}${result.stderr}`);
}

/** Packages of a newer Debian, fetched and unpacked by apt with lists of its own: the system is not touched. */
async function unpackLibraries(folder: string): Promise<void> {
  const missing = ['apt-get', 'dpkg'].filter((name) => !existsSync(`/usr/bin/${name}`));
  if (missing.length > 0 || !existsSync(KEYRING)) {
    throw environmentError(
      `perf_analyzer ${PERF_ANALYZER.version} needs glibc 2.38, which this machine does not have`,
      'it runs on Ubuntu 24.04, Debian 13 and later, and on Debian 12 with its archive keyring',
    );
  }
  const apt = join(folder, 'apt');
  for (const path of ['lists/partial', 'archives/partial']) mkdirSync(join(apt, path), { recursive: true });
  const list = join(apt, 'sources.list');
  writeFileSync(list, `deb [signed-by=${KEYRING}] ${await mirror()} ${SUITE} main\n`);
  const settings = [
    ['Dir::Etc::SourceList', list],
    ['Dir::Etc::SourceParts', '/dev/null'],
    ['Dir::State::Lists', join(apt, 'lists')],
    ['Dir::Cache', apt],
    ['APT::Sandbox::User', 'root'],
  ].flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  try {
    await execute('apt-get', [...settings, '-qq', 'update']);
    await execute('apt-get', [...settings, '-qq', 'download', ...LIBRARIES], { cwd: apt });
    for (const file of readdirSync(apt).filter((entry) => entry.endsWith('.deb')))
      await execute('dpkg', ['-x', join(apt, file), join(folder, 'root')]);
  } catch (error) {
    const { stderr, shortMessage } = error as { stderr?: string; shortMessage?: string };
    throw environmentError(
      `libraries of Debian ${SUITE} could not be fetched: ${(stderr || shortMessage || String(error)).trim().split('\n').at(-1)}`,
      'perf_analyzer runs without them on Ubuntu 24.04, Debian 13 and later',
    );
  } finally {
    rmSync(apt, { recursive: true, force: true });
  }
}

/** Where this machine gets its packages from, for another release. */
async function mirror(): Promise<string> {
  const result = await execute('apt-get', ['indextargets', '--format', '$(REPO_URI) $(COMPONENT)'], {
    reject: false,
  });
  const lines = `${result.stdout ?? ''}`
    .split('\n')
    .filter((line) => line.endsWith(' main') && !line.includes('security'));
  return (
    lines.map((line) => line.split(' ')[0]!).find((uri) => /debian\/?$/.test(uri)) ??
    'http://deb.debian.org/debian'
  );
}

const START_SCRIPT = `#!/bin/sh
# perf_analyzer ${PERF_ANALYZER.version}, made by \`tma install perf-analyzer\`.
root=$(dirname "$(dirname "$(readlink -f "$0")")")
program=$root/wheel/perf_analyzer/bin/perf_analyzer
loader=$root/root/${LOADER}
[ -e "$loader" ] || exec "$program" "$@"
libraries=$root/root/usr/lib/x86_64-linux-gnu:$root/root/lib/x86_64-linux-gnu
exec "$loader" --library-path "$libraries\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" "$program" "$@"
`;
