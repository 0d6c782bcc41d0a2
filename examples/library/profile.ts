import { loadExperiment, type ProfileOptions, profile, rank, verdict } from 'triton-model-analyzer';

/** Profiles what a perf.yaml lists, tells every point on the way, and answers a sentence for each model. */
export async function decide(file: string, options: ProfileOptions = {}): Promise<string[]> {
  const experiment = loadExperiment({ file });
  const { run, mistakes } = await profile(experiment, {
    ...options,
    listeners: [
      {
        onPoint(variant, record, { done, remaining }) {
          const { perf_throughput = 0 } = record.state === 'measured' ? record.measurement.values : {};
          console.log(`${done}/${done + remaining} ${variant}: ${perf_throughput} infer/s`);
        },
        onTrialEnd: ({ name, end }) => console.log(`${name}: ${end?.cause ?? 'done'}`),
      },
    ],
  });
  for (const { message } of mistakes) console.error(message);
  return experiment.models.map((model) => verdict(rank(run, model)));
}
