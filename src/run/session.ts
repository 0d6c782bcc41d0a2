import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import type { Experiment } from '../config/experiment.ts';
import type { Lane } from '../executor/lanes.ts';
import { redactor, secretsOf } from '../ground/redact.ts';
import { VERSION } from '../ground/version.ts';
import type { Entry } from '../record/entry.ts';
import { type Environment, SCHEMA_VERSION } from '../record/run.ts';
import { type Generator, loadParts } from './key.ts';

/** What a session measures with, as far as the experiment does not say. */
export interface Programs {
  /** How servers are launched, and the path of tritonserver or the image. */
  readonly launcher: string;
  readonly server: string;
  readonly generator: Generator;
  /** The command line. */
  readonly command: readonly string[];
}

/** How a session begins in the journal. */
export function sessionEntry(
  { models, reports }: Experiment,
  lanes: readonly Lane[],
  { launcher, server, generator, command }: Programs,
): Entry {
  const gpus = lanes.flatMap(({ devices }) => devices ?? []);
  return {
    kind: 'session',
    schemaVersion: SCHEMA_VERSION,
    startedAt: new Date().toISOString(),
    environment: {
      ...machine(),
      launcher,
      server,
      command: command.map(redactor(secretsOf(process.env))),
      generator: generator.name,
      ...(generator.version !== undefined && { generatorVersion: generator.version }),
      gpus: gpus.map(({ name }) => name),
      driver: gpus[0]?.driver,
      protocol: models[0]?.load.protocol,
    },
    goals: models.map(({ name, objectives, constraints }) => ({ name, objectives, constraints })),
    overall: reports.acrossModels.goal,
    load: Object.fromEntries(models.map(({ name, load }) => [name, loadParts(load, generator)])),
  };
}

/** This machine, and what tma runs on. */
const machine = (): Pick<Environment, 'tma' | 'node' | 'os' | 'cpu' | 'cores' | 'memoryMB'> => ({
  tma: VERSION,
  node: process.version,
  os: osName(),
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryMB: Math.round(totalmem() / 1e6),
});

function osName(): string {
  try {
    const pretty = /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
    return `${pretty ?? type()}, ${type()} ${release()}`;
  } catch {
    return `${type()} ${release()}`;
  }
}
