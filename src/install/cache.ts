import { homedir } from 'node:os';
import { join } from 'node:path';

/** Version of tritonserver that `tma install triton` brings, and the wheel it comes in. */
export const TRITON = {
  version: '2.51.0',
  release: '24.10',
  package: 'nvidia-pytriton',
  packageVersion: '0.7.0',
  sha256: '21f063ff93bb426d0c06b7a55e7eb9efcfe62c0dddd9a908e9877e18710128df',
} as const;

/** Version of Chromium's npm package that `tma install chromium` brings. */
export const CHROMIUM = {
  package: '@sparticuz/chromium',
  version: '153.0.0',
  integrity:
    'sha512-jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA==',
} as const;

/** The user's cache folder of tma. */
export const cacheFolder = (env: NodeJS.ProcessEnv = process.env): string =>
  env['TMA_CACHE'] ?? join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'tma');

/** Where the installed Triton lies, whether it is there or not. */
export const tritonFolder = (env?: NodeJS.ProcessEnv): string =>
  join(cacheFolder(env), `triton-${TRITON.version}`);

/** The command that starts the installed Triton. */
export const installedTriton = (env?: NodeJS.ProcessEnv): string =>
  join(tritonFolder(env), 'bin', 'tritonserver');

/** Where the installed Chromium lies. */
export const chromiumFolder = (env?: NodeJS.ProcessEnv): string =>
  join(cacheFolder(env), `chromium-${CHROMIUM.version}`);

export const installedChromium = (env?: NodeJS.ProcessEnv): string => join(chromiumFolder(env), 'chromium');
