import {
  goalOfPlan,
  loadExperiment,
  type ProfileOptions,
  profile,
  type RunEvent,
  rank,
  verdict,
} from 'triton-model-analyzer';

/** Profiles what a perf.yaml lists, tells every point on the way, and answers a sentence for each model. */
export async function decide(file: string, options: ProfileOptions = {}): Promise<string[]> {
  const experiment = loadExperiment({ file });
  const { run, mistakes } = await profile(experiment, {
    ...options,
    listeners: [tell],
  });
  for (const { message } of mistakes) console.error(message);
  return experiment.models.map((model) => verdict(rank(run, goalOfPlan(model))));
}

function tell(event: RunEvent): void {
  if (event.kind === 'point') {
    const { variant, record, progress } = event;
    const { perf_throughput = 0 } = record.state === 'measured' ? record.measurement.whole.values : {};
    console.log(
      `${progress.done}/${progress.done + progress.remaining} ${variant}: ${perf_throughput} infer/s`,
    );
  } else if (event.kind === 'trial') {
    console.log(`${event.trial.name}: ${event.trial.end?.cause ?? 'done'}`);
  }
}
