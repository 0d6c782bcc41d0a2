import { readFileSync } from 'node:fs';
import { environmentError } from '../../ground/errors.ts';
import { execute } from '../../ground/execute.ts';
import { installedPerfAnalyzer } from '../../install/cache.ts';
import { findCommand, isExecutable } from '../../install/find-command.ts';

/** A program that is none may say nothing, or never stop. */
const LIMITS = {
  reject: false,
  stdin: 'ignore',
  timeout: 20_000,
  maxBuffer: 100_000,
  forceKillAfterDelay: 1000,
} as const;

/**
 * The perf_analyzer to run: the one that was named, the one of `tma install perf-analyzer`, or the one on PATH. A
 * pip package's start script is left out, as it loses the exit code: what it would start is started.
 * @throws UserError when there is none, or it is none.
 */
export async function findPerfAnalyzer(
  named: string | undefined,
): Promise<{ readonly path: string; readonly version: string }> {
  const installed = installedPerfAnalyzer();
  const found = named
    ? findCommand(named)
    : isExecutable(installed)
      ? installed
      : findCommand('perf_analyzer');
  if (!found) {
    throw environmentError(
      named ? `perf_analyzer is not at ${named}` : 'no perf_analyzer on this machine',
      'bring it with `tma install perf-analyzer`, or name it with --perf-analyzer-path',
    );
  }
  const program = await behindScript(found);
  const result = await execute(program, ['--version'], LIMITS);
  const text = `${result.stdout ?? ''}${result.stderr ?? ''}`;
  if (!/Perf Analyzer Version/i.test(text)) {
    const why = text.trim().split('\n').at(-1) || result.shortMessage || 'it tells no version';
    throw environmentError(
      `${program} is no perf_analyzer that runs here: ${why}`,
      '`tma install perf-analyzer` brings one',
    );
  }
  return { path: program, version: /Perf Analyzer Version\s+(\S.*)/i.exec(text)?.[1] ?? '' };
}

/** The program that a Python package's start script would run. */
async function behindScript(path: string): Promise<string> {
  const interpreter = shebang(path);
  if (!interpreter || !/python/.test(interpreter)) return path;
  if (!readFileSync(path, 'utf8').includes('perf_analyzer')) return path;
  const script =
    'import os, perf_analyzer; print(os.path.join(os.path.dirname(perf_analyzer.__file__), "bin", "perf_analyzer"))';
  const result = await execute(interpreter, ['-c', script], LIMITS);
  const program = `${result.stdout ?? ''}`.trim();
  return isExecutable(program) ? program : path;
}

function shebang(path: string): string | undefined {
  return /^#!\s*(\S+)/.exec(readFileSync(path).toString('latin1', 0, 200))?.[1];
}
