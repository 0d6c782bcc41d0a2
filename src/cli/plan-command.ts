import type { CommandLine } from '../config/given-options.ts';
import { loadWithOptions } from '../config/load-experiment.ts';
import { resolvedOptions } from '../config/resolved-options.ts';
import { argumentsWithoutSecrets, withoutSecrets } from '../config/secrets.ts';
import { shown } from '../ground/wording.ts';
import type { LoadPoint } from '../record/load-point.ts';
import { type PlannedModel, planRun } from '../run/plan.ts';
import { planText } from '../terminal/planned.ts';
import { redactorFor } from '../trial/serving.ts';
import { EXIT, type Process } from './process.ts';

/** `tma plan`: what `tma profile` would do with the same options; as text, or as one JSON object. */
export async function planCommand(
  process: Process,
  commandLine: CommandLine,
  json: boolean,
): Promise<number> {
  const file = typeof commandLine.config_file === 'string' ? commandLine.config_file : undefined;
  const { given, experiment } = loadWithOptions({ file, commandLine, cwd: process.cwd() });
  const options = resolvedOptions(given, 'profile');
  const models = await planRun(experiment);
  // What a server gets in its environment is not to be read here either.
  const redact = (text: string): string =>
    experiment.models.reduce((result, plan) => redactorFor(plan)(result), text);
  if (!json) {
    const notes = experiment.notes.map((note) => `${note}\n`).join('');
    process.stdout.write(`${redact(shown(`${notes}${planText(options, models)}`))}\n`);
    return EXIT.done;
  }
  const object = {
    options: Object.fromEntries(
      options.map(({ key, value, text, source }) => [
        key,
        {
          value,
          ...(text && { default: text }),
          source: typeof source === 'string' ? source : `${source.file}:${source.line}:${source.column}`,
        },
      ]),
    ),
    notes: experiment.notes,
    models: models.map(modelObject),
  };
  process.stdout.write(`${redact(JSON.stringify(object, undefined, 2))}\n`);
  return EXIT.done;
}

const modelObject = ({ plan, extent, space, variants, expected, notes }: PlannedModel) => ({
  name: plan.name,
  objectives: plan.objectives,
  constraints: plan.constraints,
  parameters: {
    batch_sizes: plan.batchSizes,
    ...(plan.requestRates.length > 0
      ? { request_rate: plan.requestRates }
      : { concurrency: plan.concurrency }),
  },
  perf_analyzer_flags: argumentsWithoutSecrets(plan.load.flags),
  triton_server_flags: withoutSecrets(plan.serverFlags),
  extent,
  ...(expected && {
    search: expected.search,
    expected: {
      measurements: expected.measurements,
      starts: expected.starts,
      minutes: expected.minutes,
    },
  }),
  ...(space && {
    space: {
      configurations: space.configurations,
      instance_counts: space.instanceCounts,
      max_batch_sizes: space.batchSizes,
      points: space.loads.map(pointObject),
    },
  }),
  variants: variants.map(({ name, assignment, configText, points, skipped }) => ({
    name,
    parameters: assignment,
    config_pbtxt: configText,
    points: points.map(pointObject),
    skipped: skipped.map((item) => ({ reason: item.reason, points: item.points.map(pointObject) })),
  })),
  notes,
});

const pointObject = ({ batchSize, concurrency, requestRate }: LoadPoint) => ({
  batch_size: batchSize,
  ...(concurrency === undefined ? { request_rate: requestRate } : { concurrency }),
});
