import type { Goal } from '../record/goal.ts';
import type { ReportSettings } from './experiment.ts';
import { overallGoal } from './goals.ts';
import type { OptionValues } from './options.ts';

/**
 * What is written after a run, and by `tma report`.
 * @param usual what all models together are judged by where nothing is said.
 */
export const reportSettings = (values: OptionValues, usual?: Omit<Goal, 'name'>): ReportSettings => ({
  skipSummary: values.skip_summary_reports ?? false,
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
    inference: values.filename_model_inference ?? 'metrics-model-inference.csv',
    gpu: values.filename_model_gpu ?? 'metrics-model-gpu.csv',
    server: values.filename_server_only ?? 'metrics-server-only.csv',
  },
  failOnUnmetConstraints: values.fail_on_unmet_constraints ?? false,
});
