import {
  batchSizeOf,
  checkConstraints,
  formatNumber,
  type Goal,
  isClientBound,
  type LoadPoint,
  levelText,
  type Measurement,
  missedBy,
  nameOfModels,
  type Phase,
  type PointRecord,
  type Progress,
  type RunEvent,
  relativeHalfWidth,
  score,
  type WindowSummary,
} from '../index.ts';

/** What a variant is busy with. */
export interface Activity {
  readonly variant: string;
  readonly phase: Phase;
  readonly point: LoadPoint | undefined;
  readonly window: (WindowSummary & { readonly count: number }) | undefined;
  readonly loading: { readonly seconds: number; readonly line: string | undefined } | undefined;
}

/** What a run is at, gathered from its events; both terminal views are drawn from it. */
export class SoFar {
  readonly #now: () => number;
  readonly #started: number;
  #goal: Goal | undefined;
  #configurations = 0;
  #progress: Progress = { done: 0, remaining: 0, reused: 0 };
  #best: { variant: string; measurement: Measurement } | undefined;
  /** The model before is through, and of the next one nothing is known yet. */
  #between = false;
  readonly #activities = new Map<string, Activity>();
  /** What was last measured of the model that is profiled. */
  last: { variant: string; point: LoadPoint } | undefined;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#started = now();
  }

  /** Takes an event in. */
  take(event: RunEvent): void {
    switch (event.kind) {
      case 'model':
        this.#goal = event.goal;
        this.#configurations = event.configurations;
        this.#progress = event.progress;
        this.#best = undefined;
        this.#beginModel();
        break;
      case 'search':
      case 'mistake':
        this.#between = true;
        break;
      case 'phase': {
        const { variant, phase, point } = event;
        // A server may complete the next model's configuration before that model is told of.
        if (this.#between) this.#beginModel();
        this.#activities.set(variant, { variant, phase, point, window: undefined, loading: undefined });
        if (point) this.last = { variant, point };
        break;
      }
      case 'loading':
        this.#update(event.variant, { loading: { seconds: event.seconds, line: event.line } });
        break;
      case 'window': {
        const { variant, throughput, latencyMs } = event;
        const count = (this.#activities.get(variant)?.window?.count ?? 0) + 1;
        this.#update(variant, { window: { throughput, latencyMs, count } });
        break;
      }
      case 'point':
        this.#progress = event.progress;
        if (event.record.state === 'measured') this.#consider(event.variant, event.record.measurement);
        break;
      case 'trial':
        this.#activities.delete(event.trial.name);
        break;
    }
  }

  /** What is going on, one entry a variant: several where several are profiled at once. */
  get activities(): readonly Activity[] {
    return [...this.#activities.values()];
  }

  #update(variant: string, change: Partial<Activity>): void {
    const old = this.#activities.get(variant);
    if (old) this.#activities.set(variant, { ...old, ...change });
  }

  #consider(variant: string, measurement: Measurement): void {
    const goal = this.#goal!;
    const miss = (item: Measurement): number => missedBy(checkConstraints(item.whole, goal.constraints));
    const old = this.#best?.measurement;
    const better =
      !old ||
      miss(measurement) < miss(old) ||
      (miss(measurement) === miss(old) && score(measurement.whole, old.whole, goal.objectives) > 0);
    if (better) this.#best = { variant, measurement };
  }

  #beginModel(): void {
    this.#between = false;
    this.last = undefined;
  }

  get total(): number {
    return this.#progress.done + this.#progress.remaining;
  }

  get done(): number {
    return this.#progress.done;
  }

  get model(): string {
    return this.#goal ? nameOfModels(this.#goal.models) : '';
  }

  get configurations(): number {
    return this.#configurations;
  }

  get elapsedS(): number {
    return (this.#now() - this.#started) / 1000;
  }

  /** Seconds still expected, by the time that measured points took so far; undefined before the first. */
  get leftS(): number | undefined {
    const measured = this.#progress.done - this.#progress.reused;
    return measured > 0 ? (this.elapsedS / measured) * this.#progress.remaining : undefined;
  }

  /** The best point so far in words, empty before the first. */
  get best(): string {
    return this.#best ? `${this.#best.variant}, ${figures(this.#best.measurement)}` : '';
  }
}

/** `57.4 infer/s ± 2.1 %, p99 42.6 ms`. */
export function figures(measurement: Measurement): string {
  const figure = (tag: string): string => formatNumber(measurement.whole.values[tag] ?? Number.NaN);
  const width = relativeHalfWidth(measurement.whole.intervals['perf_throughput'] ?? [null, null]);
  const sure =
    width === undefined ? (measurement.stable ? '' : ' ± ?') : ` ± ${Number((width * 100).toPrecision(2))} %`;
  return `${figure('perf_throughput')} infer/s${sure}, p99 ${figure('perf_latency_p99')} ms`;
}

/** `4 in flight`, `4 in flight, batch 2`. */
export const load = (point: LoadPoint): string =>
  `${levelText(point)}${batchSizeOf(point) > 1 ? `, batch ${batchSizeOf(point)}` : ''}`;

/** `1:05`. */
export function clock(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const tail = String(whole % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`;
}

/** The line that a finished point leaves behind. */
export function pointLine(state: SoFar, variant: string, record: PointRecord): string {
  const count = `[${String(state.done).padStart(String(state.total).length)}/${state.total}]`;
  switch (record.state) {
    case 'measured': {
      const { measurement } = record;
      const remark = isClientBound(measurement) ? ', client-bound' : '';
      const again = record.again ? ' again' : '';
      const why = record.sentinel ? ' (sentinel: is the machine as it was?)' : '';
      return `${count} ${variant}, ${load(measurement.point)}${again}${why}: ${figures(measurement)}${remark}`;
    }
    case 'failed':
      return `${count} ${variant}, ${load(record.point)}: failed: ${record.kind && record.kind !== 'other' ? `${record.kind}: ` : ''}${record.cause}`;
    case 'skipped':
      return `${count} ${variant}: skipped: ${record.reason}`;
  }
}
