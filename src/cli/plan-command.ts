import type { Command } from 'commander';
import { shown } from '../ground/wording.ts';
import { type CommandLine, loadWithOptions, planObject, planRun, redactorFor } from '../index.ts';
import { columnsOf } from '../terminal/fit.ts';
import { planText } from '../terminal/planned.ts';
import { addOptions, commandLineOf } from './add-options.ts';
import type { Call } from './command-call.ts';
import { EXIT, type Process } from './process.ts';

/** `tma plan`: its options, and what it does with them. */
export function addPlan(command: Command, { process, end }: Call): void {
  addOptions(command, 'profile')
    .option('--configs', 'show every configuration, with its loads and its config.pbtxt')
    .option('--options', 'show every option, and where its value comes from')
    .option('--json', 'print all of it as one JSON object')
    .action(async (options: Record<string, unknown>) => {
      const shows = (part: string): boolean => options[part] === true;
      const parts = { configs: shows('configs'), options: shows('options'), json: shows('json') };
      end(await plan(process, commandLineOf(options), parts));
    });
}

/** Says what `tma profile` would do with the same options, as text or as one JSON object. */
async function plan(
  process: Process,
  commandLine: CommandLine,
  { json, ...parts }: { readonly json: boolean; readonly configs: boolean; readonly options: boolean },
): Promise<number> {
  const file = typeof commandLine.config_file === 'string' ? commandLine.config_file : undefined;
  const { experiment, options } = loadWithOptions({
    file,
    commandLine,
    cwd: process.cwd(),
    withModels: true,
  });
  const models = await planRun(experiment);
  // What a server gets in its environment is not to be read here either.
  const redact = (text: string): string =>
    experiment.models.reduce((result, model) => redactorFor(model)(result), text);
  const notes = experiment.notes.map((note) => `${note}\n`).join('');
  const text = json
    ? JSON.stringify(planObject(experiment, options, models), undefined, 2)
    : shown(`${notes}${planText(options, models, { ...parts, columns: columnsOf(process.stdout) })}`);
  process.stdout.write(`${redact(text)}\n`);
  return EXIT.done;
}
