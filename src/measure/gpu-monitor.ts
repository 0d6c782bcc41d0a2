import { existsSync } from 'node:fs';
import type { ResultPromise } from 'execa';
import { mean } from 'simple-statistics';
import { execute } from '../ground/execute.ts';
import type { GpuState } from '../record/gpu-state.ts';
import type { GpuSharer } from '../record/measurement.ts';
import { defined } from './server-times.ts';
import { type Span, samplesWithin } from './span.ts';

/** One row of nvidia-smi. */
export interface DriverSample {
  /** By `performance.now()`. */
  readonly atMs: number;
  readonly uuid: string;
  readonly values: Readonly<Partial<Record<NumericField, number>>>;
  readonly throttled: readonly string[];
}

type NumericField =
  | 'smClock'
  | 'memoryClock'
  | 'temperature'
  | 'power'
  | 'utilization'
  | 'usedMB'
  | 'totalMB';

const MIB = 2 ** 20 / 1e6;
const FIELDS: readonly (readonly [NumericField, string, number])[] = [
  ['smClock', 'clocks.sm', 1],
  ['memoryClock', 'clocks.mem', 1],
  ['temperature', 'temperature.gpu', 1],
  ['power', 'power.draw', 1],
  ['utilization', 'utilization.gpu', 1],
  ['usedMB', 'memory.used', MIB],
  ['totalMB', 'memory.total', MIB],
];

/** NVML's clock event reasons that hold a busy GPU back; being idle or set so by the user is none. */
const REASONS: readonly (readonly [number, string])[] = [
  [0x4, 'power cap'],
  [0x8, 'hardware slowdown'],
  [0x20, 'thermal slowdown by software'],
  [0x40, 'thermal slowdown by hardware'],
  [0x80, 'power brake'],
];

/** Reads a row of nvidia-smi: uuid, the reasons, then FIELDS; undefined for anything else. */
export function parseDriverRow(line: string, atMs: number): DriverSample | undefined {
  const [uuid = '', reasons = '', ...cells] = line.split(',').map((cell) => cell.trim());
  if (!/^GPU-/.test(uuid) || cells.length !== FIELDS.length) return undefined;
  const mask = /^0x[0-9a-f]+$/i.test(reasons) ? Number(reasons) : 0;
  const values = FIELDS.map(([field, , factor], index) => {
    const cell = cells[index]!;
    // `[N/A]`, `[Not Supported]`: this GPU, or its MIG mode, does not tell.
    return [field, /^-?[\d.]+$/.test(cell) ? Number(cell) * factor : undefined] as const;
  });
  return {
    atMs,
    uuid,
    values: defined(Object.fromEntries(values)),
    throttled: REASONS.filter(([bit]) => (mask & bit) !== 0).map(([, name]) => name),
  };
}

const KEPT_MS = 3_600_000;
/** The utilization that a driver tells is that of up to a second before it is asked. */
const DRIVER_AGE_MS = 1000;

/** Watches the GPUs of this machine through its driver, one program for a whole run. */
export class GpuMonitor {
  readonly #intervalMs: number;
  #child: ResultPromise | undefined;
  #samples: DriverSample[] = [];
  #closed = false;

  constructor(intervalS: number) {
    this.#intervalMs = Math.max(100, Math.round(intervalS * 1000));
    // The name of the reasons changed with driver 535; older drivers know the other one only.
    void this.#watch('clocks_event_reasons.active').then((failed) => {
      if (failed) void this.#watch('clocks_throttle_reasons.active');
    });
  }

  /** What was seen of these GPUs within a span, or just before its end where it is too short for more. */
  within(span: Span, uuids: readonly string[]): DriverSample[] {
    return uuids.flatMap((uuid) =>
      samplesWithin(
        this.#samples.filter((sample) => sample.uuid === uuid),
        span,
        DRIVER_AGE_MS,
      ),
    );
  }

  close(): void {
    this.#closed = true;
    this.#child?.kill();
  }

  /** Resolves with true when nvidia-smi refuses the question. */
  async #watch(reasons: string): Promise<boolean> {
    const query = ['uuid', reasons, ...FIELDS.map(([, name]) => name)].join(',');
    const args = [`--query-gpu=${query}`, '--format=csv,noheader,nounits', `--loop-ms=${this.#intervalMs}`];
    const { execa } = await import('execa');
    if (this.#closed) return false;
    const child = execa('nvidia-smi', args, {
      reject: false,
      buffer: false,
      stdin: 'ignore',
      stderr: 'ignore',
    });
    this.#child = child;
    try {
      for await (const line of child) this.#add(String(line));
    } catch {
      // Without a driver there is nothing to see.
    }
    const { exitCode } = await child;
    return !this.#closed && exitCode !== undefined && exitCode !== 0;
  }

  #add(line: string): void {
    const now = performance.now();
    const sample = parseDriverRow(line, now);
    if (!sample) return;
    this.#samples.push(sample);
    if (this.#samples[0]!.atMs < now - KEPT_MS)
      this.#samples = this.#samples.filter((item) => item.atMs > now - KEPT_MS / 2);
  }
}

/** The driver's samples as one state a GPU. */
export function gpuStates(samples: readonly DriverSample[]): Record<string, GpuState> {
  const range = (values: readonly number[]) =>
    values.length > 0 ? ([Math.min(...values), Math.max(...values)] as const) : undefined;
  return Object.fromEntries(
    [...Map.groupBy(samples, ({ uuid }) => uuid)].map(([uuid, rows]) => {
      const all = (field: NumericField): number[] =>
        rows.map(({ values }) => values[field]).filter((value) => value !== undefined);
      const [sm, memory] = [range(all('smClock')), range(all('memoryClock'))];
      const [temperature, power] = [all('temperature'), all('power')];
      const state: GpuState = {
        ...(sm && { smClockMHz: sm }),
        ...(memory && { memoryClockMHz: memory }),
        ...(temperature.length > 0 && { temperatureC: Math.max(...temperature) }),
        ...(power.length > 0 && { powerW: mean(power) }),
        throttled: [...new Set(rows.flatMap(({ throttled }) => throttled))],
      };
      return [uuid, state];
    }),
  );
}

/** The driver's samples under the tags of the metric table, for a server that shows no GPU gauges itself. */
export const driverGauges = (samples: readonly DriverSample[]): Record<string, Record<string, number>>[] =>
  samples.map(({ uuid, values: { usedMB, totalMB, utilization, power } }) => ({
    [uuid]: defined({
      gpu_used_memory: usedMB,
      gpu_free_memory: usedMB === undefined || totalMB === undefined ? undefined : totalMB - usedMB,
      gpu_utilization: utilization,
      gpu_power_usage: power,
    }),
  }));

/** Rows of `nvidia-smi --query-compute-apps=gpu_uuid,pid,process_name`. */
export const parseGpuProcesses = (csv: string): GpuSharer[] =>
  csv.split('\n').flatMap((line) => {
    const [uuid = '', pid = '', ...name] = line.split(',').map((cell) => cell.trim());
    return /^(GPU|MIG)-/.test(uuid) && /^\d+$/.test(pid)
      ? [{ uuid, pid: Number(pid), name: name.join(',') }]
      : [];
  });

/**
 * Processes on these GPUs that are not the server's. Processes that can't be seen from here (another process
 * namespace) are left out: they may be the server itself under another number.
 */
export async function foreignProcesses(
  uuids: readonly string[],
  own: readonly number[] | undefined,
): Promise<GpuSharer[]> {
  if (own === undefined || uuids.length === 0) return [];
  const query = await execute(
    'nvidia-smi',
    ['--query-compute-apps=gpu_uuid,pid,process_name', '--format=csv,noheader'],
    { reject: false, timeout: 10_000 },
  );
  if (query.failed) return [];
  return parseGpuProcesses(query.stdout).filter(
    ({ uuid, pid }) => uuids.includes(uuid) && !own.includes(pid) && existsSync(`/proc/${pid}`),
  );
}
