import { existsSync } from 'node:fs';
import { expect } from 'vitest';
import { installedPerfAnalyzer } from '../../src/install/cache.ts';
import { folder } from '../support/experiment.ts';
import { MODELS, somebodysServer } from './somebodys-server.ts';
import { tma } from './tma.ts';

/** Why the real perf_analyzer can't be used here; undefined where it can. */
export const noPerfAnalyzer = existsSync(installedPerfAnalyzer())
  ? undefined
  : (process.env['TMA_NO_PERF_ANALYZER'] ?? 'it is not installed');
if (noPerfAnalyzer)
  console.warn(`SKIPPED: everything with the real perf_analyzer, because ${noPerfAnalyzer}`);

/** Sizes for the inputs of add_sub. */
export const SHAPES = ['--shape', 'INPUT0:4', '--shape', 'INPUT1:4'];

export type LoadServer = Awaited<ReturnType<typeof loadServer>>;

/** A server with add_sub, repeat and accumulate, and `tma load` on it. */
export async function loadServer({ seconds }: { seconds: number }) {
  const models = ['add_sub', 'repeat', 'accumulate'].map((name) => `--load-model=${name}`);
  const server = await somebodysServer(MODELS, '--model-control-mode=explicit', ...models);
  const address = (protocol: string): string =>
    `localhost:${protocol === 'grpc' ? server.remote.grpc.port : server.remote.http.port}`;
  const run = async (model: string, protocol: string, ...args: string[]) => {
    const on = ['-m', model, '-u', address(protocol), '-i', protocol];
    return await tma(folder(), 'load', ...on, '--time-limit', `${seconds}`, ...args);
  };
  return {
    address,
    /** Loads a model; each load takes the given seconds, where `args` say nothing else. */
    run,
    /** The points of `--json`. */
    async points(model: string, protocol: string, ...args: string[]) {
      const { code, output } = await run(model, protocol, '--json', ...args);
      expect(code, output).toBe(0);
      // Notes go to standard error, which the helper mixes in.
      const json = JSON.parse(output.slice(output.indexOf('{\n')));
      return json.points as Record<string, number & Record<string, number>>[];
    },
    stop: () => server.stop(),
  };
}
