import { resolve } from 'node:path';
import type { Command } from 'commander';
import { toldMistakes } from '../ground/errors.ts';
import { shown } from '../ground/wording.ts';
import { readSpec, runSpec, type TrialLine, withLogBeside } from '../index.ts';
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
Prints a line of JSON for everything that happens; the server's log is written beside the spec. Measures the points of
the spec; of a spec without points what each line of the standard input asks for:
  {"measure": {"point": {"streams": [{"model": "NAME", "load": {"kind": "concurrency", "inFlight": 4}, "batchSize": 1}]}}}`;

/** Serves what a spec says and measures it, in lines of JSON; answers the exit code. */
async function trial(process: Process, file: string): Promise<number> {
  const say = (line: TrialLine): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
  using interruption = watchInterruption(process, () => {});
  // What is measured is told when it is through: there is nothing to be finished.
  interruption.nothingToFinish();
  const { stop, abandon } = interruption;
  try {
    const path = resolve(process.cwd(), file);
    const spec = await readSpec(path, process.env);
    const { measured, failed, failure } = await runSpec(await withLogBeside(spec, path), {
      requests: linesOf(process.stdin),
      say,
      onNote: (text) => void process.stderr.write(`${shown(text)}\n`),
      // The standard output is for lines of JSON alone.
      onOutput: (text) => void process.stderr.write(text),
      stop,
      abandon,
    });
    if (failure?.kind === 'bug of tma') return EXIT.bug;
    if (failure?.started === false && failure.fault === 'environment') return EXIT.environment;
    return failed > 0 || measured === 0 ? EXIT.nothing : EXIT.done;
  } catch (error) {
    if (stop.aborted) return EXIT.interrupted;
    for (const line of toldMistakes(error)) say(line);
    throw error;
  } finally {
    // Whoever holds the other end of a pipe open does not keep tma from ending.
    process.stdin.destroy();
  }
}
