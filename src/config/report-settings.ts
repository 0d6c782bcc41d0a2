import type { Problem } from '../ground/errors.ts';
import type { Criteria } from '../record/goal.ts';
import type { ReportSettings } from './experiment.ts';
import type { GivenOptions } from './given-options.ts';
import { overallGoal } from './goals.ts';
import type { OptionValues } from './options.ts';
import { formatsToWrite, type OutputFormat } from './output-formats.ts';

/** The files of the tables where nothing is said. */
const TABLES = {
  filename_model_inference: 'metrics-model-inference.csv',
  filename_model_gpu: 'metrics-model-gpu.csv',
  filename_server_only: 'metrics-server-only.csv',
} as const;

/** Tables of one name, of which the later would overwrite the earlier. */
export function tableNameProblems({ values, placeOf }: GivenOptions): Problem[] {
  const keys = Object.keys(TABLES) as (keyof typeof TABLES)[];
  const nameOf = (key: keyof typeof TABLES): string => values[key] ?? TABLES[key];
  return keys.flatMap((key, index) => {
    const other = keys.slice(0, index).find((earlier) => nameOf(earlier) === nameOf(key));
    if (other === undefined) return [];
    // Of the two it is the one that was given that has to change, and of two such the later.
    const [named, taken] = values[key] === undefined ? [other, key] : [key, other];
    const place = placeOf(named);
    return [
      {
        message: `${named}: "${nameOf(key)}" is the file of ${taken} as well, and one would overwrite the other`,
        place: typeof place === 'object' ? place : undefined,
        hint: 'give each table a file of its own',
      },
    ];
  });
}

/**
 * What is written after a run, and by `tma report`.
 * @param always what is written whatever is asked for.
 * @param usual what all models together are judged by where nothing is said.
 */
export const reportSettings = (
  values: OptionValues,
  always: readonly OutputFormat[],
  usual?: Criteria,
): ReportSettings => ({
  formats: formatsToWrite(values.output_formats, always, values.skip_summary_reports),
  paper: values.paper ?? 'a4',
  skipDetailed: values.skip_detailed_reports ?? false,
  numConfigsPerModel: values.num_configs_per_model ?? 3,
  acrossModels: { most: values.num_top_model_configs ?? 0, goal: overallGoal(values, usual) },
  ...(values.plots && { plots: values.plots }),
  fields: {
    ...(values.inference_output_fields && { inference: values.inference_output_fields }),
    ...(values.gpu_output_fields && { gpu: values.gpu_output_fields }),
    ...(values.server_output_fields && { server: values.server_output_fields }),
  },
  fileNames: {
    inference: values.filename_model_inference ?? TABLES.filename_model_inference,
    gpu: values.filename_model_gpu ?? TABLES.filename_model_gpu,
    server: values.filename_server_only ?? TABLES.filename_server_only,
  },
  failOnUnmetConstraints: values.fail_on_unmet_constraints ?? false,
});
