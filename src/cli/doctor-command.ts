import type { Command } from 'commander';
import { shown } from '../ground/wording.ts';
import { examine, loadExperiment } from '../index.ts';
import { doctorText } from '../terminal/doctor-text.ts';
import { columnsOf } from '../terminal/fit.ts';
import type { Call } from './command-call.ts';
import { EXIT } from './process.ts';

/** `tma doctor`: its options, and what it does with them. */
export function addDoctor(command: Command, { process, end }: Call): void {
  command
    .option('-f, --config-file <FILE>', 'look for what this perf.yaml needs')
    .option('--json', 'print one JSON object')
    .action(async ({ configFile, json = false }: { configFile?: string; json?: boolean }) => {
      const experiment =
        configFile === undefined ? undefined : loadExperiment({ file: configFile, cwd: process.cwd() });
      const checks = await examine(experiment);
      const text = json
        ? JSON.stringify({ checks }, undefined, 2)
        : doctorText(checks, columnsOf(process.stdout));
      process.stdout.write(`${shown(text)}\n`);
      end(checks.some(({ state }) => state === 'missing') ? EXIT.environment : EXIT.done);
    });
}
