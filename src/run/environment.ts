import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { VERSION } from '../ground/version.ts';
import type { Environment } from '../record/run.ts';

/** What of this machine may change a measurement. Memory in whole GB: a kernel keeps a little more or less of it. */
export const machineFacts = (): readonly (string | number)[] => [
  cpus()[0]?.model ?? 'unknown',
  arch(),
  cpus().length,
  availableParallelism(),
  Math.round(totalmem() / 2 ** 30),
];

/** This machine, with what else the session measures with. */
export const describeEnvironment = (
  programs: Pick<
    Environment,
    'launcher' | 'server' | 'generator' | 'generatorVersion' | 'command' | 'gpus' | 'driver' | 'protocol'
  >,
): Environment => ({
  tma: VERSION,
  node: process.version,
  os: osName(),
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryMB: Math.round(totalmem() / 1e6),
  ...programs,
});

function osName(): string {
  try {
    const pretty = /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
    return `${pretty ?? type()}, ${type()} ${release()}`;
  } catch {
    return `${type()} ${release()}`;
  }
}
