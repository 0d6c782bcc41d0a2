import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PERF_ANALYZER, startTriton } from './load/tools.ts';
import { MODEL, REPOSITORY } from './ocr-grid.ts';

/** So long a winner is measured. */
export const CONFIRM_S = 30;

/** A configuration of the OCR example at a load. */
export interface Winner {
  /** Its config.pbtxt. */
  readonly config: string;
  readonly concurrency: number;
}

/** infer/s of a configuration under the real perf_analyzer, on a server of its own. */
export async function confirm({ config, concurrency }: Winner): Promise<number> {
  const repository = mkdtempSync(join(tmpdir(), 'tma-peer-models-'));
  const folder = join(repository, MODEL);
  execFileSync('cp', ['-r', join(REPOSITORY, MODEL), repository]);
  writeFileSync(join(folder, 'config.pbtxt'), config.replace(/^name: .*$/m, `name: "${MODEL}"`));
  using server = await startTriton(repository, [MODEL]);
  const { stdout } = spawnSync(
    PERF_ANALYZER,
    [
      ...['-m', MODEL, '-i', 'grpc', '-u', `127.0.0.1:${server.ports.grpc}`, '-r', '3', '-s', '1000'],
      ...['--concurrency-range', `${concurrency}`, '-p', `${(CONFIRM_S * 1000) / 3}`],
    ],
    { encoding: 'utf8', cwd: repository },
  );
  return Number(/Throughput: (\S+)/.exec(stdout)?.[1]);
}
