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

/** Version of perf_analyzer that `tma install perf-analyzer` brings: PyPI's wheel holds the real program. */
export const PERF_ANALYZER = {
  version: '2.60.0',
  package: 'perf-analyzer',
  packageVersion: '2.60.0',
  sha256: '23ef56b107ae9233e5cf09fbdf508dd9b936a52f1bae2f63f53c8117087b3f25',
  /** Older machines would get a stub of another version without these. */
  platform: 'manylinux_2_38_x86_64',
  pythonVersion: '3.12',
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

/** The same as a folder that its library can be loaded from (c_api). */
export const installedLibrary = (env?: NodeJS.ProcessEnv): string => join(tritonFolder(env), 'c_api');

/** Where the installed perf_analyzer lies. */
export const perfAnalyzerFolder = (env?: NodeJS.ProcessEnv): string =>
  join(cacheFolder(env), `perf_analyzer-${PERF_ANALYZER.version}`);

/** The command that starts the installed perf_analyzer. */
export const installedPerfAnalyzer = (env?: NodeJS.ProcessEnv): string =>
  join(perfAnalyzerFolder(env), 'bin', 'perf_analyzer');

/** Where the installed Chromium lies. */
export const chromiumFolder = (env?: NodeJS.ProcessEnv): string =>
  join(cacheFolder(env), `chromium-${CHROMIUM.version}`);

export const installedChromium = (env?: NodeJS.ProcessEnv): string => join(chromiumFolder(env), 'chromium');
