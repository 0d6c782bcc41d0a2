import type { Command } from 'commander';
import { shown } from '../ground/wording.ts';
import { type CommandLine, loadWithOptions, planObject, planRun, redactorFor } from '../index.ts';
import { planText } from '../terminal/planned.ts';
import { addOptions, commandLineOf } from './add-options.ts';
import type { Call } from './command-call.ts';
import { EXIT, type Process } from './process.ts';

/** `tma plan`: its options, and what it does with them. */
export function addPlan(command: Command, { process, end }: Call): void {
  addOptions(command, 'profile')
    .option('--json', 'print one JSON object')
    .action(async (options: Record<string, unknown>) =>
      end(await plan(process, commandLineOf(options), options['json'] === true)),
    );
}

/** Says what `tma profile` would do with the same options, as text or as one JSON object. */
async function plan(process: Process, commandLine: CommandLine, json: boolean): Promise<number> {
  const file = typeof commandLine.config_file === 'string' ? commandLine.config_file : undefined;
  const { experiment, options } = loadWithOptions({ file, commandLine, cwd: process.cwd() });
  const models = await planRun(experiment);
  // What a server gets in its environment is not to be read here either.
  const redact = (text: string): string =>
    experiment.models.reduce((result, model) => redactorFor(model)(result), text);
  const notes = experiment.notes.map((note) => `${note}\n`).join('');
  const text = json
    ? JSON.stringify(planObject(experiment, options, models), undefined, 2)
    : shown(`${notes}${planText(options, models)}`);
  process.stdout.write(`${redact(text)}\n`);
  return EXIT.done;
}
