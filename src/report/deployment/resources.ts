import type { RankedEntry } from '../../rank/standings.ts';
import { formatNumber } from '../../rank/words.ts';
import type { Measurement } from '../../record/measurement.ts';
import type { RecordedModel, Trial } from '../../record/run.ts';

/** What a pod of Kubernetes is to be given for one replica, by what was measured. */
export interface Resources {
  /** Whole cores; undefined: not measured. */
  readonly cpuCores: number | undefined;
  /** Mi (2^20 bytes); undefined: not measured. */
  readonly memoryMi: number | undefined;
  /** Whole GPUs. */
  readonly gpus: number;
  readonly notes: readonly string[];
}

const BYTES_OF_MB = 1e6;
const BYTES_OF_MI = 2 ** 20;

/**
 * Where the peak was not recorded it is taken for so many times what the server had for itself under load: it then mapped
 * files and shared memory besides, and may have had more while it loaded. Not measured.
 */
const PEAK_OF_LOAD = 2;

/**
 * What a pod is to be given by what was measured, with headroom, rounded up: the most CPU at any load of the configuration, the
 * most memory that its server ever had, loading included, and the GPUs that it was measured on.
 * @param headroom share on top: 0.2 for 20 %.
 */
export function resourcesOf({ trial, points }: RankedEntry, headroom: number): Resources {
  const measurements = points.map(({ measurement }) => measurement);
  const most = (tag: string): number | undefined => {
    const values = measurements.flatMap(({ whole }) => whole.values[tag] ?? []);
    return values.length > 0 ? Math.max(...values) : undefined;
  };
  const [percent, ramMB] = [most('cpu_utilization'), most('cpu_used_ram')];
  const peakMB = trial.end?.peakMemoryMB;
  // A look under load may be of another server than the end of the trial.
  const memoryMB = peakMB === undefined ? ramMB && ramMB * PEAK_OF_LOAD : Math.max(peakMB, ramMB ?? 0);
  const { gpus, notes } = gpusOf(trial, measurements);
  return {
    cpuCores: percent === undefined ? undefined : Math.max(1, up((percent / 100) * (1 + headroom))),
    memoryMi:
      memoryMB === undefined ? undefined : up((memoryMB * BYTES_OF_MB * (1 + headroom)) / BYTES_OF_MI),
    gpus,
    notes: [
      ...notes,
      ...(percent === undefined ? ['how much CPU it takes was not measured'] : []),
      ...memoryNotes(peakMB, ramMB),
      ...(measurements.some(({ shared }) => shared)
        ? [
            'its memory was measured on a server that had other configurations before, and holds what they left',
          ]
        : []),
    ],
  };
}

function memoryNotes(peakMB: number | undefined, ramMB: number | undefined): string[] {
  if (peakMB !== undefined) {
    const underLoad =
      ramMB === undefined ? '' : `, of which ${formatNumber(ramMB)} MB were its own under load`;
    return [
      `memory: ${formatNumber(peakMB)} MB is the most that its processes had, loading and what they share included${underLoad}`,
    ];
  }
  return ramMB === undefined
    ? ['how much memory it takes was not measured']
    : [
        `memory: how much it takes while it loads was not recorded, so that the limit is ${PEAK_OF_LOAD} times the ${formatNumber(ramMB)} MB that the server had for itself under load, and headroom: try a start before you rely on it`,
      ];
}

/** Rounded up, but not for an error of the last digit. */
const up = (value: number): number => Math.ceil(value - 1e-9);

interface Group {
  readonly kind?: string;
  readonly gpus?: readonly number[];
}

/** The GPUs that instances are on: those that their groups name, else all that were there; none of a model on the CPU. */
function gpusOf(trial: Trial, measurements: readonly Measurement[]): { gpus: number; notes: string[] } {
  const there = new Set(measurements.flatMap(({ gpus }) => Object.keys(gpus))).size;
  if (there === 0) return { gpus: 0, notes: [] };
  const groups = trial.models.flatMap((model) => groupsOf(model, trial));
  if (groups.length > 0 && groups.every(({ kind }) => kind === 'KIND_CPU')) return { gpus: 0, notes: [] };
  const onGpus = groups.filter(({ kind }) => kind !== 'KIND_CPU');
  const named = new Set(onGpus.flatMap(({ gpus = [] }) => gpus));
  const isAll = onGpus.length === 0 || onGpus.some(({ gpus = [] }) => gpus.length === 0);
  if (isAll) return { gpus: there, notes: [] };
  const moved = [...named].some((index) => index >= named.size);
  return {
    gpus: named.size,
    notes: moved
      ? [
          `its instance groups name the GPUs ${[...named].sort((a, b) => a - b).join(', ')}; a pod with ${named.size} counts its own from 0: change them in its config.pbtxt`,
        ]
      : [],
  };
}

/** The instance groups of a model, as the server completed them where its own configuration has none. */
function groupsOf({ config, role }: RecordedModel, { end, models }: Trial): readonly Group[] {
  const own = config['instance_group'] as readonly Group[] | undefined;
  if (own) return own;
  const isMeasured = role === 'measured' && models.length === 1;
  return ((isMeasured ? end?.effective?.['instance_group'] : undefined) ?? []) as readonly Group[];
}
