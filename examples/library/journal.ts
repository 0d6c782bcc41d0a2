import { journalPath, latestTrials, levelText, measurementsOf, readJournal } from 'triton-model-analyzer';

/** Every point that a journal holds, a line each, and what could not be read. */
export function points(checkpoints: string): string[] {
  const { run, warnings } = readJournal(journalPath(checkpoints));
  const lines = latestTrials(run).flatMap((trial) =>
    measurementsOf(trial).map(
      ({ point, whole: { values } }) =>
        `${trial.name}, ${levelText(point)}: ${values['perf_throughput']} infer/s, p99 ${values['perf_latency_p99']} ms`,
    ),
  );
  return [...warnings, ...lines];
}
