import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../src/install/cache.ts';

const VERSION = '1.58.0';
const HOME = join(cacheFolder(), `model-analyzer-${VERSION}`);

/** NVIDIA's Model Analyzer: the one that MODEL_ANALYZER names, else the one in the cache, whether it is there or not. */
export const modelAnalyzer = (): string =>
  process.env['MODEL_ANALYZER'] ?? join(HOME, 'bin', 'model-analyzer');

/** Brings it from PyPI into the cache, once. */
export function installModelAnalyzer(say: (text: string) => void): void {
  if (existsSync(modelAnalyzer())) return;
  say(`installing Model Analyzer ${VERSION} from PyPI`);
  execFileSync('python3', ['-m', 'venv', HOME]);
  execFileSync(join(HOME, 'bin', 'pip'), ['install', '-q', `triton-model-analyzer==${VERSION}`, 'numpy<2']);
}
