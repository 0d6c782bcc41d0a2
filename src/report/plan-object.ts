import type { Experiment } from '../config/experiment.ts';
import type { ResolvedOption } from '../config/resolved-options.ts';
import { argumentsWithoutSecrets, withoutSecrets } from '../config/secrets.ts';
import type { LoadPoint } from '../record/load-point.ts';
import type { PlannedModel } from '../run/plan.ts';

/** What would be measured, and where every option comes from, as one JSON object; without the values of headers. */
export const planObject = (
  { notes }: Pick<Experiment, 'notes'>,
  options: readonly ResolvedOption[],
  models: readonly PlannedModel[],
) => ({
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
  notes,
  models: models.map(modelObject),
});

const modelObject = ({ plan, extent, space, variants, expected, known, warnings, notes }: PlannedModel) => ({
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
  known_points: known,
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
  warnings,
  notes,
});

const pointObject = ({ streams: [{ load, batchSize }] }: LoadPoint) => ({
  batch_size: batchSize,
  ...(load.kind === 'rate' ? { request_rate: load.perSecond } : { concurrency: load.inFlight }),
});
