import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Result } from 'execa';
import { environmentError, userError } from '../ground/errors.ts';
import { execute } from '../ground/execute.ts';
import { installedLibrary, installedTriton, TRITON, tritonFolder } from './cache.ts';
import { buildFolder, installing, replaceLink, withLock, writeScript } from './install-folder.ts';
import { fetchWheel } from './wheel.ts';

export interface TritonInstall {
  /** The Python whose models the server runs; `python3` on PATH by default. */
  readonly python?: string | undefined;
  /** Requirement files of packages that models need, installed for the server beside numpy. */
  readonly requirements?: readonly string[];
  /** One line of progress. */
  onProgress?(text: string): void;
}

/**
 * Brings a tritonserver of PyPI's `nvidia-pytriton` wheel into the user's cache: the wheel is fetched with the
 * machine's Python, its hash checked, unpacked, and given a start script that runs the models of that Python.
 * Doing it again changes nothing; two that do it at once do not disturb each other.
 * @returns the path of the `tritonserver` to start.
 * @throws UserError when Python, its library or numpy is missing, or the wheel can't be had.
 */
export const installTriton = (install: TritonInstall = {}): Promise<string> =>
  installing('tritonserver', () => bringTriton(install));

async function bringTriton({
  python = 'python3',
  requirements = [],
  onProgress = () => {},
}: TritonInstall): Promise<string> {
  const { version, library } = await inspectPython(python);
  const folder = tritonFolder();
  const fresh = await buildFolder(folder, async (temporary) => {
    onProgress(
      `fetching tritonserver ${TRITON.version} (${TRITON.package} ${TRITON.packageVersion} from PyPI, 55 MB)`,
    );
    const wheel = await fetchWheel(python, TRITON, temporary);
    onProgress('unpacking it');
    await run(python, ['-m', 'zipfile', '-e', wheel, join(temporary, 'wheel')]);
    rmSync(wheel);
    arrange(temporary);
  });
  if (fresh) onProgress(`tritonserver ${TRITON.version} is in ${folder}`);
  if (!existsSync(backendFolder(folder, version))) {
    throw environmentError(
      `this Triton runs models of Python 3.8 to 3.13; ${python} is ${version}`,
      'name another with --python',
    );
  }
  await withLock(join(folder, '.lock'), async () => {
    writeScripts(version);
    await installPackages(python, version, library, requirements, onProgress);
  });
  return installedTriton();
}

/** A Python's `3.X`, and the folder of its shared library when that is not on the loader's own path. */
async function inspectPython(python: string): Promise<{ version: string; library: string }> {
  const script = [
    'import ctypes, sys, sysconfig, os',
    'name = "libpython%d.%d.so.1.0" % sys.version_info[:2]',
    'folder = sysconfig.get_config_var("LIBDIR") or ""',
    'def loads(path):',
    '    try: ctypes.CDLL(path); return True',
    '    except OSError: return False',
    'own = os.path.join(folder, name)',
    'print("%d.%d" % sys.version_info[:2])',
    'print("system" if loads(name) else folder if os.path.exists(own) and loads(own) else "missing")',
  ].join('\n');
  const result = await execute(python, ['-c', script], { reject: false });
  if (result.exitCode === undefined) {
    throw environmentError(
      `no Python: ${python} can't be run`,
      'install Python 3 (Debian: apt-get install python3), or name one with --python',
    );
  }
  const [version = '', library = ''] = result.stdout.split('\n');
  if (result.failed) throw environmentError(`${python} does not work: ${result.stderr.split('\n').at(-1)}`);
  if (library === 'missing') {
    throw environmentError(
      `libpython${version}.so.1.0 is missing, which Triton's Python backend loads`,
      `Debian: apt-get install libpython${version}`,
    );
  }
  return { version, library: library === 'system' ? '' : library };
}

const serverFolder = (folder: string): string => join(folder, 'wheel', 'pytriton', 'tritonserver');
const backendFolder = (folder: string, version: string): string => join(folder, 'backends', version);

/** A backend folder for each Python that the wheel has a stub for, and the start script. */
function arrange(folder: string): void {
  const server = serverFolder(folder);
  chmodSync(join(server, 'bin', 'tritonserver'), 0o755);
  for (const version of readdirSync(join(server, 'python_backend_stubs'))) {
    const backend = join(backendFolder(folder, version), 'python');
    mkdirSync(backend, { recursive: true });
    for (const file of readdirSync(join(server, 'backends', 'python'))) {
      linkSync(join(server, 'backends', 'python', file), join(backend, file));
    }
    const stub = join(backend, 'triton_python_backend_stub');
    copyFileSync(join(server, 'python_backend_stubs', version, 'triton_python_backend_stub'), stub);
    chmodSync(stub, 0o755);
  }
  mkdirSync(join(folder, 'bin'));
}

/** The start script, and the server as a library; again with every installation, as tma may have become newer. */
function writeScripts(version: string): void {
  writeScript(installedTriton(), START_SCRIPT);
  const [root, library] = [tritonFolder(), installedLibrary()];
  mkdirSync(join(library, 'lib'), { recursive: true });
  const libraries = join(root, 'wheel', 'nvidia_pytriton.libs');
  const name = readdirSync(libraries).find((file) => /^libtritonserver\b.*\.so$/.test(file))!;
  replaceLink(join(libraries, name), join(library, 'lib', 'libtritonserver.so'));
  replaceLink(backendFolder(root, version), join(library, 'backends'));
  writeFileSync(join(library, 'TRITON_VERSION'), `${TRITON.version}\n`);
  writeScript(join(library, 'environment'), ENVIRONMENT_SCRIPT);
}

/**
 * The models' Python is that of an active virtual environment, else the one of the installation. The stub finds
 * its packages by the first python3 on PATH, and its library by the loader's path. It is started by a bash, which
 * reads ~/.bashrc, and with that maybe another PATH, when its input is a socket: the input is empty.
 */
const environment = (root: string): string => `root=${root}
if [ -n "$VIRTUAL_ENV" ]; then PATH=$VIRTUAL_ENV/bin:$PATH
elif [ -d "$root/python/bin" ]; then PATH=$root/python/bin:$PATH; fi
version=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])') || exit 1
[ -d "$root/backends/$version" ] || { echo "error: no Python backend for Python $version" >&2; exit 1; }
[ -f "$root/libpython-$version" ] && LD_LIBRARY_PATH=$(cat "$root/libpython-$version"):$LD_LIBRARY_PATH
LD_LIBRARY_PATH=$root/wheel/nvidia_pytriton.libs\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export PATH LD_LIBRARY_PATH`;

const START_SCRIPT = `#!/bin/sh
# tritonserver ${TRITON.version}, made by \`tma install triton\`.
${environment('$(dirname "$(dirname "$(readlink -f "$0")")")')}
exec "$root/wheel/pytriton/tritonserver/bin/tritonserver" --backend-directory="$root/backends/$version" --cache-directory="$root/wheel/pytriton/tritonserver/caches" "$@" < /dev/null
`;

/** Runs a program that loads the library, with its models' Python. */
const ENVIRONMENT_SCRIPT = `#!/bin/sh
# Environment of Triton ${TRITON.version} as a library, made by \`tma install triton\`.
${environment('$(dirname "$(dirname "$(readlink -f "$0")")")')}
exec "$@" < /dev/null
`;

/**
 * The Python backend of this Triton was made for numpy 1: with numpy 2 every output of a model is empty, without an
 * error. Python 3.13 has no numpy 1.
 */
const NUMPY = ['numpy<2; python_version < "3.13"', 'numpy; python_version >= "3.13"'];

/** The server's own environment: what the local Python has, numpy, and what the models require. */
async function installPackages(
  python: string,
  version: string,
  library: string,
  requirements: readonly string[],
  onProgress: (text: string) => void,
): Promise<void> {
  const folder = tritonFolder();
  if (library !== '') writeFileSync(join(folder, `libpython-${version}`), library);
  const environment = join(folder, 'python');
  const wanted = createHash('sha256')
    .update(JSON.stringify([version, NUMPY, ...requirements.map((file) => readRequirements(file))]))
    .digest('hex');
  const done = join(environment, `.installed-${wanted}`);
  if (existsSync(done)) return;
  const own = join(environment, 'bin', 'python3');
  const usable =
    existsSync(own) &&
    (await execute(own, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'], { reject: false }))
      .stdout === version;
  if (!usable) {
    rmSync(environment, { recursive: true, force: true });
    onProgress(`making a Python ${version} environment for models`);
    const made = await execute(python, ['-m', 'venv', '--system-site-packages', environment], {
      reject: false,
    });
    if (made.failed) {
      throw environmentError(
        `no virtual environment could be made with ${python}: ${lastLine(made)}`,
        `Debian: apt-get install python3-venv; or name another Python with --python`,
      );
    }
  }
  const files = requirements.flatMap((file) => ['-r', file]);
  onProgress(`installing numpy${files.length > 0 ? ` and ${requirements.join(', ')}` : ''} for models`);
  const installed = await execute(
    own,
    ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...NUMPY, ...files],
    { reject: false },
  );
  const works = await execute(own, ['-c', 'import numpy'], { reject: false });
  if (installed.failed || works.failed) {
    throw environmentError(
      `numpy and the models' packages could not be installed: ${lastLine(installed.failed ? installed : works)}`,
      'check the network and the pip settings; `python3 -m pip install numpy` must work',
    );
  }
  writeFileSync(done, '');
}

function readRequirements(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw userError(`cannot read the requirements ${file}`);
  }
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const result = await execute(command, args, { reject: false });
  if (result.failed)
    throw environmentError(`${command} ${args.slice(0, 3).join(' ')} failed: ${lastLine(result)}`);
}

const lastLine = (result: Pick<Result, 'stderr' | 'stdout'>): string =>
  `${result.stderr ?? ''}`.trim().split('\n').at(-1) ||
  `${result.stdout ?? ''}`.trim().split('\n').at(-1) ||
  'no output';
