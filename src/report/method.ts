import { formatNumber } from '../rank/words.ts';
import { measurementsOf, type Run, type Trial } from '../store/run.ts';
import { counted } from '../wording.ts';

/** How the figures were made: the last session's machine, programs and command, and the time it all took. */
export function methodView(run: Run, trials: readonly Trial[]) {
  const session = run.sessions.at(-1);
  const environment = session?.environment;
  const server = run.servers.at(-1);
  const measurements = trials.flatMap(measurementsOf);
  const sum = (read: (trial: Trial) => number): number =>
    trials.reduce((total, trial) => total + read(trial), 0);
  const requests = measurements.reduce((total, item) => total + item.requests, 0);
  const warned = measurements.filter((item) => !item.stable).length;
  return {
    date: session?.startedAt.slice(0, 16).replace('T', ' ') ?? '',
    command: environment?.command.join(' ') ?? '',
    rows: [
      [
        'Triton',
        server ? `${server.name} ${server.version} (${environment?.launcher}: ${environment?.server})` : '–',
      ],
      [
        'Machine',
        environment
          ? `${environment.cpu}, ${environment.cores} cores, ${formatNumber(environment.memoryMB / 1000)} GB, ${environment.os}`
          : '–',
      ],
      ['GPUs', Object.keys(server?.gpus ?? {}).join(', ') || 'none'],
      [
        'Load',
        environment
          ? `${environment.generator} generator of tma ${environment.tma} on Node ${environment.node}, closed loop over HTTP with binary tensors`
          : '–',
      ],
      [
        'Measured',
        `${counted(measurements.length, 'point')} of ${counted(trials.length, 'configuration')}, ${counted(requests, 'request')} counted, ${counted(warned, 'point')} not steady`,
      ],
      [
        'Time',
        `servers started in ${formatNumber(sum((trial) => trial.end?.steps.startS ?? 0))} s, models loaded in ${formatNumber(sum((trial) => trial.end?.steps.loadS ?? 0))} s, warm-up ${formatNumber(measurements.reduce((total, item) => total + item.warmupS, 0))} s, measuring ${formatNumber(sum((trial) => trial.end?.steps.measureS ?? 0))} s`,
      ],
      [
        'Journal',
        `schema ${run.schemaVersion}, ${run.sessions.length} ${run.sessions.length === 1 ? 'session' : 'sessions'}`,
      ],
    ].map(([name, value]) => ({ name, value })),
  };
}
