import type { Experiment } from '../config/experiment.ts';
import { environmentError, type Problem, placed, problemsOf } from '../ground/errors.ts';
import { installedTriton } from '../install/cache.ts';
import { findCommand, isExecutable } from '../install/find-command.ts';

/**
 * The tritonserver to run: the one asked for, else the one on PATH, else the installed one.
 * @throws UserError naming the command that brings one.
 */
export function locateTritonServer(asked: string | undefined, env: NodeJS.ProcessEnv = process.env): string {
  if (asked !== undefined) {
    const found = findCommand(asked, env['PATH']);
    if (found) return found;
    throw environmentError(
      `no executable tritonserver at ${asked}`,
      'write where it is, or leave triton_server_path (--triton-server-path) out to use the one on PATH or of `tma install triton`',
    );
  }
  const found = findCommand('tritonserver', env['PATH']);
  if (found) return found;
  if (isExecutable(installedTriton(env))) return installedTriton(env);
  throw environmentError(
    'no tritonserver found: not on PATH, and none installed',
    'run `tma install triton`, or name one with --triton-server-path',
  );
}

/** Why an experiment finds no tritonserver on this machine, with its place; undefined: it needs none, or finds one. */
export function missingServer({
  launch,
  serverPathPlace,
}: Pick<Experiment, 'launch' | 'serverPathPlace'>): Problem | undefined {
  if (launch.mode !== 'local') return undefined;
  try {
    placed(serverPathPlace, () => locateTritonServer(launch.serverPath));
    return undefined;
  } catch (error) {
    const [problem] = problemsOf(error);
    if (!problem) throw error;
    return problem;
  }
}
