import {
  EXPORTERS,
  type Exporter,
  exportAll,
  loadedModels,
  loadedName,
  loadReportRequest,
  put,
  rank,
  readRecorded,
  resultOf,
  throwFailures,
  verdict,
} from 'triton-model-analyzer';

/** An exporter of our own: the decisions as a text. */
const sentences: Exporter = {
  name: 'sentences',
  format: 'csv',
  async write({ rankings }, to) {
    return { files: [put(to, 'results/sentences.txt', `${rankings.map(verdict).join('\n')}\n`)], notes: [] };
  },
};

/** Writes what a checkpoint directory holds as tables, JSON and HTML, and by an exporter of our own; answers the files. */
export async function report(checkpoints: string, to: string): Promise<readonly string[]> {
  const request = loadReportRequest({
    commandLine: { checkpoint_directory: checkpoints, export_path: to },
  });
  const { run } = readRecorded(request.checkpointDirectory);
  const models = new Map(run.trials.map((trial) => [loadedName(trial), loadedModels(trial)]));
  const rankings = [...models.values()].map((names) => rank(run, request.goalOf(names, run.sessions)));
  const result = resultOf(run, rankings, request.settings(run.sessions));
  const withoutBrowser = EXPORTERS.filter(({ format }) => format === 'csv' || format === 'html');
  const all = await exportAll(result, to, { exporters: [...withoutBrowser, sentences] });
  throwFailures(all);
  return all.flatMap(({ files }) => files);
}
