import { shellWord } from '../ground/wording.ts';
import type { RankedEntry } from '../rank/standings.ts';
import { batchSizeOf, isRate, levelOf } from '../record/load-point.ts';
import { loadedName } from '../record/run.ts';

/** The command of perf_analyzer that puts a configuration's load on a server that serves it, and what it lacks. */
export interface PerfAnalyzerLine {
  readonly command: string;
  /** Inputs whose shapes it must be told; [] where the configuration says them. */
  readonly open: readonly string[];
}

/** The line for the load that stands for a configuration. */
export function perfAnalyzerLine(
  { trial, best: { measurement } }: RankedEntry,
  protocol: 'grpc' | undefined,
): PerfAnalyzerLine {
  const { point } = measurement;
  const level = levelOf(point);
  const config = trial.end?.effective ?? trial.models[0].config;
  const { decoupled } = (config['model_transaction_policy'] ?? {}) as { decoupled?: boolean };
  const isGrpc = protocol === 'grpc' || decoupled === true;
  const words = [
    ...['perf_analyzer', '-m', shellWord(loadedName(trial)), '-b', String(batchSizeOf(point))],
    ...(isGrpc ? ['-i', 'grpc', '-u', 'localhost:8001'] : ['-i', 'http', '-u', 'localhost:8000']),
    ...(isRate(point)
      ? ['--request-rate-range', `${level}:${level}`]
      : ['--concurrency-range', `${level}:${level}`]),
    ...(decoupled ? ['--streaming', '--async'] : []),
  ];
  const inputs = (config['input'] ?? []) as { name?: string; dims?: readonly (string | number)[] }[];
  const open = inputs.filter(({ dims = [] }) => dims.some((dim) => Number(dim) < 0));
  return { command: words.join(' '), open: open.map(({ name = '' }) => name) };
}
