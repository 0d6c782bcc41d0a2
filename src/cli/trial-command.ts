import { resolve } from 'node:path';
import type { Command } from 'commander';
import { shown } from '../ground/wording.ts';
import { readSpec, runSpec } from '../index.ts';
import type { Call } from './command-call.ts';
import { watchInterruption } from './interruption.ts';
import { linesOf } from './lines-of.ts';
import { EXIT, type Process } from './process.ts';

/** `tma trial`: its options, and what it does with them. */
export function addTrial(command: Command, { process, end }: Call): void {
  command
    .requiredOption('--spec <FILE>', 'what to serve and how, as a run wrote it down where something failed')
    .addHelpText('after', HELP)
    .exitOverride()
    .action(async ({ spec }: { spec: string }) => end(await trial(process, spec)));
}

const HELP = `
Prints a line of JSON for everything that happens. Measures the points of the spec; of a spec without points what each
line of the standard input asks for:
  {"measure": {"point": {"streams": [{"model": "NAME", "load": {"kind": "concurrency", "inFlight": 4}, "batchSize": 1}]}}}`;

/** Serves what a spec says and measures it, in lines of JSON; answers the exit code. */
async function trial(process: Process, file: string): Promise<number> {
  const spec = await readSpec(resolve(process.cwd(), file), process.env);
  using interruption = watchInterruption(process, () => {});
  // What is measured is told when it is through: there is nothing to be finished.
  interruption.nothingToFinish();
  const { stop, abandon } = interruption;
  try {
    const { measured, failed } = await runSpec(spec, {
      requests: linesOf(process.stdin),
      say: (line) => void process.stdout.write(`${JSON.stringify(line)}\n`),
      onNote: (text) => void process.stderr.write(`${shown(text)}\n`),
      stop,
      abandon,
    });
    return failed > 0 || measured === 0 ? EXIT.nothing : EXIT.done;
  } catch (error) {
    if (!stop.aborted) throw error;
    return EXIT.interrupted;
  } finally {
    // Whoever holds the other end of a pipe open does not keep tma from ending.
    process.stdin.destroy();
  }
}
