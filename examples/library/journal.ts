import { journalPath, levelText, measurementsOf, readJournal } from 'triton-model-analyzer';

/** Every point that a journal holds, a line each, as it was measured last; and what could not be read. */
export function points(checkpoints: string): string[] {
  const { history, warnings } = readJournal(journalPath(checkpoints));
  const { trials } = history.whole();
  const lines = trials.flatMap((trial) =>
    measurementsOf(trial).map(
      ({ point, whole: { values } }) =>
        `${trial.name}, ${levelText(point)}: ${values['perf_throughput']} infer/s, p99 ${values['perf_latency_p99']} ms`,
    ),
  );
  return [...warnings, ...lines];
}
