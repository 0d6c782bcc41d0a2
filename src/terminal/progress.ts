import {
  batchSizeOf,
  checkConstraints,
  describeConstraint,
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
  /** What it is; absent where nobody said. */
  readonly settings: string | undefined;
  /** Seconds that this has taken, and the steps before it, in their order. */
  readonly sinceS: number;
  readonly steps: readonly Step[];
  readonly phase: Phase;
  readonly point: LoadPoint | undefined;
  readonly window: (WindowSummary & { readonly count: number }) | undefined;
  readonly loading: { readonly seconds: number; readonly line: string | undefined } | undefined;
}

/** A step of a trial that is over; points are told by themselves. */
export interface Step {
  readonly phase: Phase;
  readonly seconds: number;
}

/** A point that was measured. */
interface Best {
  readonly variant: string;
  readonly measurement: Measurement;
}

/** So many of the last points are drawn. */
const DRAWN = 60;

/** What a run is at, gathered from its events; both terminal views are drawn from it. */
export class SoFar {
  readonly #now: () => number;
  readonly #started: number;
  #goal: Goal | undefined;
  #configurations = 0;
  #progress: Progress = { done: 0, remaining: 0, reused: 0 };
  #best: Best | undefined;
  /** The best of the default configuration. */
  #default: Best | undefined;
  #most = 0;
  #isKnown = false;
  readonly #settings = new Map<string, string>();
  readonly #points: Measurement[] = [];
  readonly #failures: { variant: string; why: string }[] = [];
  /** The model before is through, and of the next one nothing is known yet. */
  #between = false;
  readonly #activities = new Map<string, Omit<Activity, 'sinceS' | 'settings'> & { readonly atS: number }>();
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
        this.#count(event.progress);
        this.#best = undefined;
        this.#default = undefined;
        this.#points.length = 0;
        this.#beginModel();
        break;
      case 'variant':
        this.#settings.set(event.variant, event.settings);
        break;
      case 'search':
      case 'mistake':
        this.#between = true;
        break;
      case 'phase': {
        const { variant, phase, point } = event;
        // A server may complete the next model's configuration before that model is told of.
        if (this.#between) this.#beginModel();
        this.#enter(variant, phase, point);
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
        this.#count(event.progress);
        if (event.record.state === 'measured') this.#consider(event.variant, event.record.measurement);
        if (event.record.state === 'failed')
          this.#failures.push({ variant: event.variant, why: whyOf(event.record) });
        break;
      case 'trial':
        this.#activities.delete(event.trial.name);
        break;
    }
  }

  /** What is going on, one entry a variant: several where several are profiled at once. */
  get activities(): readonly Activity[] {
    const now = this.elapsedS;
    return [...this.#activities.values()].map(({ atS, ...activity }) => ({
      ...activity,
      settings: this.#settings.get(activity.variant),
      sinceS: now - atS,
    }));
  }

  #enter(variant: string, phase: Phase, point: LoadPoint | undefined): void {
    const now = this.elapsedS;
    const old = this.#activities.get(variant);
    const isOver = old && !old.phase.startsWith('measuring');
    // A server that is stopped and started again is a trial of its own.
    const before = phase === 'starting the server' ? [] : (old?.steps ?? []);
    const steps = isOver ? [...before, { phase: old.phase, seconds: now - old.atS }] : before;
    this.#activities.set(variant, {
      variant,
      phase,
      point,
      window: undefined,
      loading: undefined,
      steps,
      atS: now,
    });
  }

  #count(progress: Progress): void {
    this.#isKnown = progress.reused > this.#progress.reused;
    this.#progress = progress;
    this.#most = Math.max(this.#most, progress.done + progress.remaining);
  }

  #update(variant: string, change: Partial<Pick<Activity, 'window' | 'loading'>>): void {
    const old = this.#activities.get(variant);
    if (old) this.#activities.set(variant, { ...old, ...change });
  }

  #consider(variant: string, measurement: Measurement): void {
    const goal = this.#goal!;
    this.#points.push(measurement);
    if (this.#points.length > DRAWN) this.#points.shift();
    const miss = (item: Measurement): number => missedBy(checkConstraints(item.whole, goal.constraints));
    const isBetter = (old: Measurement | undefined): boolean =>
      !old ||
      miss(measurement) < miss(old) ||
      (miss(measurement) === miss(old) && score(measurement.whole, old.whole, goal.objectives) > 0);
    if (isBetter(this.#best?.measurement)) this.#best = { variant, measurement };
    const isDefault = goal.models.some((model) => variant === `${model}_config_default`);
    if (isDefault && isBetter(this.#default?.measurement)) this.#default = { variant, measurement };
  }

  #beginModel(): void {
    this.#between = false;
    this.last = undefined;
  }

  /** Points that there are, or were thought to be: a search that ends sooner takes none of them back. */
  get total(): number {
    return this.#most;
  }

  /** Whether the last point was taken from the journal. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  /** What failed so far, in order. */
  get failures(): readonly { readonly variant: string; readonly why: string }[] {
    return this.#failures;
  }

  /** How the last point failed: the cause in full where it is told for the first time. */
  failureText(variant: string, why: string): string {
    const first = this.#failures
      .slice(0, -1)
      .find((failure) => withoutNumbers(failure.why) === withoutNumbers(why));
    if (!first) return `failed: ${why}`;
    return first.variant === variant ? 'failed as before' : `failed as ${first.variant} did`;
  }

  /** A metric of the last points that were measured, in order. */
  course(tag: string): readonly number[] {
    return this.#points.flatMap(({ whole: { values } }) => values[tag] ?? []);
  }

  /** A metric of the last point that was measured. */
  latest(tag: string): number | undefined {
    return this.#points.at(-1)?.whole.values[tag];
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

  /** The best point so far in words, empty before the first; against the default where both are known, with each limit that it breaks. */
  get best(): string {
    if (!this.#best) return '';
    const { variant, measurement } = this.#best;
    const settings = this.#settings.get(variant);
    const who = settings === undefined ? variant : `${variant} (${settings})`;
    return `${figures(measurement)}${this.#overDefault()}, ${load(measurement.point)}${this.#broken(measurement)}, ${who}`;
  }

  /** The limits that it breaks, of which the best breaks some only while nothing keeps them all. */
  #broken({ whole }: Measurement): string {
    return checkConstraints(whole, this.#goal?.constraints ?? [])
      .filter(({ verdict }) => verdict === 'missed')
      .map(({ constraint }) => `, breaks ${describeConstraint(constraint, this.#goal)}`)
      .join('');
  }

  /** How much better the best is by the first objective; empty while the default is the best, or not known. */
  #overDefault(): string {
    const [aim] = this.#goal?.objectives ?? [];
    if (!this.#best || !this.#default || this.#best.variant === this.#default.variant || !aim) return '';
    const [now, old] = [this.#best, this.#default].map(
      ({ measurement }) => measurement.whole.values[aim.tag],
    );
    if (now === undefined || !old) return '';
    const percent = 100 * (now / old - 1);
    return ` (${percent >= 0 ? '+' : ''}${percent.toFixed(0)} %; default ${formatNumber(old)})`;
  }
}

const whyOf = ({ kind, cause }: Extract<PointRecord, { state: 'failed' }>): string =>
  kind && kind !== 'other' ? `${kind}: ${cause}` : cause;

/** Ports, sizes and the numbers of configurations differ between failures of one cause. */
const withoutNumbers = (text: string): string => text.replace(/\d+/g, '#');

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
      const known = state.isKnown ? ' (journal)' : '';
      const why = record.sentinel ? ' (sentinel: is the machine as it was?)' : '';
      return `${count} ${variant}, ${load(measurement.point)}${again}${why}: ${figures(measurement)}${remark}${known}`;
    }
    case 'failed':
      return `${count} ${variant}, ${load(record.point)}: ${state.failureText(variant, whyOf(record))}`;
    case 'skipped':
      return `${count} ${variant}: skipped: ${record.reason}`;
  }
}
