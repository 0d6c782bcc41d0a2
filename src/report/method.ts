import { counted, shellWord } from '../ground/wording.ts';
import { searchLines } from '../rank/search-words.ts';
import { takenOverText } from '../rank/taken-over.ts';
import { formatNumber, pricesText } from '../rank/words.ts';
import { type Criteria, nameOfModels, type Prices } from '../record/goal.ts';
import { isRate } from '../record/load-point.ts';
import { isClientBound, type Measurement } from '../record/measurement.ts';
import {
  type Environment,
  loadedName,
  measurementsOf,
  type Run,
  type ServerRecord,
  type Session,
  type Trial,
} from '../record/run.ts';

/** Where a journal of an early version, or a checkpoint of Model Analyzer's, does not say. */
const NOT_KNOWN = 'not known';

/** `2 x NVIDIA H100 80GB HBM3, 159.2 GB of memory, driver 580.159.04`. */
function gpusText(environment: Environment | undefined, server: ServerRecord | undefined): string {
  const gpus = Object.entries(server?.gpus ?? {});
  const names = environment?.gpus ?? [];
  const known = names.length > 0 ? names : gpus.map(([uuid]) => uuid);
  if (known.length === 0) return environment ? 'none' : NOT_KNOWN;
  const kinds = [...Map.groupBy(known, (name) => name)].map(([name, same]) => `${same.length} x ${name}`);
  const totals = gpus.map(
    ([, { gpu_used_memory: used, gpu_free_memory: free }]) => (used ?? Number.NaN) + (free ?? Number.NaN),
  );
  const memory = (totals.reduce((sum, value) => sum + value, 0) * 1e6) / 2 ** 30;
  return [
    kinds.join(' and '),
    ...(memory > 0 ? [`${memory.toFixed(1)} GB of memory`] : []),
    ...(environment?.driver ? [`driver ${environment.driver}`] : []),
  ].join(', ');
}

/** A row for each GPU that its driver was asked about while points were measured. */
function gpuStateRows(measurements: readonly Measurement[]): [string, string][] {
  const states = measurements.flatMap(({ gpuStates }) => Object.entries(gpuStates ?? {}));
  return [...Map.groupBy(states, ([uuid]) => uuid)].map(([uuid, entries]) => {
    const all = entries.map(([, state]) => state);
    const clocks = all.flatMap(({ smClockMHz }) => smClockMHz ?? []);
    const temperatures = all.flatMap(({ temperatureC }) => temperatureC ?? []);
    const watts = all.flatMap(({ powerW }) => powerW ?? []);
    const reasons = [...new Set(all.flatMap(({ throttled }) => throttled))];
    const facts = [
      ...(clocks.length > 0 ? [`SM clock ${Math.min(...clocks)} to ${Math.max(...clocks)} MHz`] : []),
      ...(temperatures.length > 0 ? [`up to ${Math.max(...temperatures)} °C`] : []),
      ...(watts.length > 0
        ? [`${formatNumber(Math.min(...watts))} to ${formatNumber(Math.max(...watts))} W`]
        : []),
      reasons.length > 0 ? `held back by ${reasons.join(', ')}` : 'never held back',
    ];
    return [`While measuring, ${uuid.slice(0, 12)}`, facts.join(', ')];
  });
}

/** What the variants shared with each other. */
function sharingRows(measurements: readonly Measurement[]): [string, string][] {
  const alone = measurements.filter(({ againAlone }) => againAlone !== undefined).length;
  return [
    ...(measurements.some(({ shared }) => shared)
      ? [
          ['Servers', 'shared by the variants: memory figures hold what earlier ones left'] as [
            string,
            string,
          ],
        ]
      : []),
    ...(alone > 0
      ? [['Neighbours', `${counted(alone, 'point')} measured again alone`] as [string, string]]
      : []),
  ];
}

/** What tells the energy, and the prices that costs follow from. */
function expenseRows(measurements: readonly Measurement[], prices: Prices | undefined): [string, string][] {
  const by = [...new Set(measurements.flatMap(({ energyBy }) => energyBy ?? []))].sort();
  const words = { counter: "the GPUs' energy counters", power: "the GPUs' mean power" };
  return [
    ...(by.length > 0
      ? [
          ['Energy', `by ${by.map((one) => words[one]).join(' or ')}, idle times included`] as [
            string,
            string,
          ],
        ]
      : []),
    ...(prices ? [['Prices', pricesText(prices)] as [string, string]] : []),
  ];
}

/** What made the load, and how it fared. */
function loadText(measurements: readonly Measurement[]): string {
  const engines = [...new Set(measurements.flatMap(({ client }) => (client ? [client.engine] : [])))];
  const loops = [...new Set(measurements.map(({ point }) => (isRate(point) ? 'open loop' : 'closed loop')))];
  const bound = measurements.filter(isClientBound).length;
  const limit =
    bound > 0
      ? `; it was the limit itself at ${counted(bound, 'point')}, whose figures are the least that the server can do`
      : '';
  return `${loops.length > 0 ? `${loops.join(' and ')}, ` : ''}${engines.join(', ') || 'binary tensors'}${limit}`;
}

/** How long points were measured, and in how many windows. */
function windowRows(measurements: readonly Measurement[]): [string, string][] {
  const spans = measurements.map(({ durationS }) => durationS).filter((seconds) => seconds > 0);
  const windows = measurements.map((item) => item.windows).filter((count) => count > 0);
  if (spans.length === 0 || windows.length === 0) return [];
  const range = (values: readonly number[]): string => {
    const [least, most] = [formatNumber(Math.min(...values)), formatNumber(Math.max(...values))];
    return least === most ? least : `${least} to ${most}`;
  };
  const counts = [Math.min(...windows), Math.max(...windows)];
  const told =
    counts[0] === counts[1] ? counted(counts[0]!, 'window') : `${counts[0]} to ${counts[1]} windows`;
  return [['Windows', `each point for ${range(spans)} s after its warm-up, in ${told}`]];
}

/** How the figures were made: the last session's machine, programs and command, and the time it all took. */
export function methodView(run: Run, trials: readonly Trial[], { prices }: Pick<Criteria, 'prices'> = {}) {
  const session = run.sessions.at(-1);
  const environment = session?.environment;
  const measurements = trials.flatMap(measurementsOf);
  const search = searchLines(
    run.searches.find(({ models }) => trials[0] && nameOfModels(models) === loadedName(trials[0])),
  );
  const taken = takenOverText(trials);
  const rows: (readonly [name: string, value: string])[] = [
    ...machineRows(run),
    ...gpuStateRows(measurements),
    ...sharingRows(measurements),
    ...expenseRows(measurements, prices),
    [
      'Load',
      environment
        ? `${environment.generator} generator of tma ${environment.tma} on Node ${environment.node}, ${loadText(measurements)}`
        : loadText(measurements),
    ],
    ...windowRows(measurements),
    ...seedRows(session, trials),
    ['Measured', measuredText(measurements, trials)],
    ...(taken === undefined ? [] : [['Taken over', taken] as const]),
    ['Time', environment ? timeText(measurements, trials) : NOT_KNOWN],
    ...(search.length > 0 ? [['Search', search.join('; ')] as const] : []),
    [
      'Journal',
      session
        ? `schema ${run.schemaVersion}, ${counted(run.sessions.length, 'session')}`
        : "none: from a checkpoint of Model Analyzer's",
    ],
  ];
  return {
    date: session?.startedAt.slice(0, 16).replace('T', ' ') ?? '',
    command: environment?.command.map(shellWord).join(' ') ?? '',
    folder: environment?.folder ?? '',
    /** How its figures came about is told, where there are any. */
    isNative: environment?.generator === 'native' && measurements.length > 0,
    hasFinalists: measurements.some(({ confirmed }) => confirmed === true),
    /** What the journal does not say. */
    unknown: unknownText(run),
    rows: rows.filter(([, value]) => value !== NOT_KNOWN).map(([name, value]) => ({ name, value })),
  };
}

/** What chance was drawn from: what tma's own load generator sends and when, and what a search chooses. */
function seedRows(session: Session | undefined, trials: readonly Trial[]): [string, string][] {
  const isNative = session?.environment.generator === 'native';
  const told = [...new Set(trials.map(loadedName))].flatMap((model) => {
    const seeds = session?.seeds?.[model];
    if (!seeds) return [];
    const load = isNative ? [`random-seed ${seeds.load} of the load`] : [];
    return [{ model, text: [...load, `search_seed ${seeds.search} of the search`].join(', ') }];
  });
  const texts = new Set(told.map(({ text }) => text));
  if (texts.size === 0) return [];
  return [
    [
      'Seeds',
      texts.size === 1 ? [...texts][0]! : told.map(({ model, text }) => `${model}: ${text}`).join('; '),
    ],
  ];
}

function machineRows({ sessions, servers }: Run): (readonly [string, string])[] {
  const environment = sessions.at(-1)?.environment;
  const server = servers.at(-1);
  return [
    [
      'Triton',
      [
        ...(server && server.version !== 'unknown' ? [`${server.name} ${server.version}`] : []),
        ...(environment ? [`(${environment.launcher}: ${environment.server})`] : []),
      ].join(' ') || NOT_KNOWN,
    ],
    [
      'Machine',
      environment
        ? `${environment.cpu}, ${environment.cores} cores, ${formatNumber(environment.memoryMB / 1000)} GB, ${environment.os}`
        : NOT_KNOWN,
    ],
    ['GPUs', gpusText(environment, server)],
  ];
}

function measuredText(measurements: readonly Measurement[], trials: readonly Trial[]): string {
  const requests = measurements.reduce((total, item) => total + item.requests, 0);
  const warned = measurements.filter((item) => !item.stable).length;
  return [
    `${counted(measurements.length, 'point')} of ${counted(trials.length, 'configuration')}`,
    ...(requests > 0
      ? [`${counted(requests, 'request')} counted`, `${counted(warned, 'point')} not as precise as asked`]
      : []),
  ].join(', ');
}

function timeText(measurements: readonly Measurement[], trials: readonly Trial[]): string {
  const seconds = (read: (trial: Trial) => number | undefined): string =>
    formatNumber(trials.reduce((total, trial) => total + (read(trial) ?? 0), 0));
  const warmup = measurements.reduce((total, item) => total + item.warmupS, 0);
  return [
    `servers started in ${seconds(({ end }) => end?.steps.startS)} s`,
    `models loaded in ${seconds(({ end }) => end?.steps.loadS)} s`,
    `warm-up ${formatNumber(warmup)} s`,
    `measuring ${seconds(({ end }) => end?.steps.measureS)} s`,
  ].join(', ');
}

function unknownText({ sessions, servers }: Run): string {
  const environment = sessions.at(-1)?.environment;
  const server = servers.at(-1);
  const unknown = [
    ...(environment ? [] : ['machine', 'times']),
    ...(server && server.version !== 'unknown' ? [] : ['version of the server']),
    ...(gpusText(environment, server) === NOT_KNOWN ? ['GPUs'] : []),
  ];
  return unknown.length > 0 ? `Not recorded: ${unknown.join(', ')}.` : '';
}
