import type { ReuseSettings } from '../config/experiment.ts';
import type { Place } from '../executor/place.ts';
import { canonicalJson } from '../model-config/config.ts';
import type { ModelConfig } from '../model-config/model-config.ts';
import { isSamePoint, type LoadPoint } from '../record/load-point.ts';
import type { PointOutcome, PointRecord, Run, Trial, TrialEnd } from '../record/run.ts';
import { asTaken, type Measured } from '../record/told-trial.ts';
import type { Ask } from '../search/search.ts';
import type { Drift } from '../search/sentinel/sentinel.ts';
import type { ServerIdentity } from '../server/launcher.ts';
import type { Candidate, SkippedPoints, Space } from '../space/space.ts';
import type { Journal } from '../store/journal.ts';
import type { Checkpoint } from '../store/model-analyzer.ts';
import type { BaseModel } from '../variant/base.ts';
import { writeVariant } from '../variant/repository.ts';
import { changedParts } from './changes.ts';
import { type Generator, pointKey, variantKey } from './key.ts';
import type { Surroundings } from './surroundings.ts';

/** What the ledger of one model is kept with. */
export interface LedgerParts {
  readonly space: Space;
  readonly base: BaseModel;
  readonly identity: ServerIdentity;
  readonly place: Place;
  readonly surroundings: Surroundings;
  readonly journal: Journal;
  /** The session at hand. */
  readonly session: string;
  readonly reuse: ReuseSettings;
  /** Model Analyzer's, of the same folder. */
  readonly checkpoint: Checkpoint | undefined;
  readonly generator: Generator;
  /** Where variants are written. */
  readonly output: string;
}

/** What is known of one model's variants, and what is written down of them. */
export class ModelLedger {
  readonly #parts: LedgerParts;
  readonly #keys = new Map<Candidate, string>();
  /** What is known of each point that was asked for, where that is from, and how much of it was given. */
  readonly #known = new Map<string, { records: readonly Measured[]; from?: string; given: number }>();
  /** What was known when the model's turn came. */
  readonly #before: Run;
  readonly #changed = new Set<string>();
  /** What no other session's figures stand for. */
  readonly #anew: Pick<Ask, 'candidate' | 'point'>[] = [];

  constructor(parts: LedgerParts) {
    this.#parts = parts;
    this.#before = parts.journal.history.whole();
  }

  /** Keys of the variants that were entered. */
  get keys(): readonly string[] {
    return [...this.#keys.values()];
  }

  /** What is no longer as it was when the model was measured before. */
  get changed(): ReadonlySet<string> {
    return this.#changed;
  }

  /**
   * The key of a candidate. The first time, its files are written, and its entry in the journal, with the points that are
   * illegal on it and those that Model Analyzer measured.
   */
  enter(candidate: Candidate): string {
    const known = this.#keys.get(candidate);
    if (known !== undefined) return known;
    const { space, base, identity, place, surroundings, journal, output } = this.#parts;
    const { key, parts } = variantKey(candidate, base, space.plan, identity, place, surroundings);
    this.#keys.set(candidate, key);
    const { configText, diff } = writeVariant(output, base, candidate, space.candidates[0]!);
    const {
      models: [model],
      name,
      isDefault,
    } = candidate;
    const variant = { key, parts, name, isDefault, models: [{ ...model, configText, diff }] } as const;
    for (const part of changedParts(this.#before, variant)) this.#changed.add(part);
    journal.append({ kind: 'variant', ...variant });
    for (const item of space.skipped) if (item.candidate === candidate) this.skip(item);
    this.#adopt(candidate, key);
    return key;
  }

  /** From here on nothing that another session measured is taken over for this point. */
  measureAnew({ candidate, point }: Pick<Ask, 'candidate' | 'point'>): void {
    this.#anew.push({ candidate, point });
  }

  #isAnew(candidate: Candidate, point: LoadPoint): boolean {
    return this.#anew.some((item) => item.candidate === candidate && isSamePoint(item.point, point));
  }

  /** A measurement that is there already, as often as it was asked for; failures are tried again. */
  known({ candidate, point, ...ask }: Ask): PointRecord | undefined {
    if (ask.anew) return undefined;
    const sentinel = ask.sentinel === true;
    const variant = this.enter(candidate);
    const key = this.#pointKey(variant, point);
    // What was measured to see whether the machine is as it was is no answer to another question, nor the reverse.
    const id = sentinel ? `sentinel ${key}` : key;
    const ownAlone = sentinel || this.#isAnew(candidate, point);
    const known = this.#known.get(id) ?? { ...this.#look(variant, key, { sentinel, ownAlone }), given: 0 };
    this.#known.set(id, known);
    const record = known.records[known.given++];
    if (!record || known.from === undefined) return record;
    if (known.given === 1) this.#parts.journal.append({ kind: 'taken', variant, key, from: known.from });
    return asTaken(record);
  }

  /** What the session that goes on, or else the newest before it, measured of a point and may be taken. */
  #look(
    variant: string,
    key: string,
    { sentinel, ownAlone }: { readonly sentinel: boolean; readonly ownAlone: boolean },
  ): { records: readonly Measured[]; from?: string } {
    const { journal, session } = this.#parts;
    const { history } = journal;
    const own = history.measured(session, variant, key);
    const asked = own.filter((record) => (record.sentinel ?? false) === sentinel);
    // How the machine was in another session says nothing of this one.
    if (asked.length > 0 || ownAlone) return { records: asked };
    const newest = this.#takesOver ? history.newest(variant, key, session) : undefined;
    return newest?.records.every((record) => this.#isYoung(record)) ? newest : { records: [] };
  }

  /** Whether anything is taken over: not by a session that measures everything anew, nor by one that goes on with such. */
  get #takesOver(): boolean {
    const { journal, session } = this.#parts;
    return !journal.history.isFresh(session);
  }

  #isYoung({ measurement }: Measured): boolean {
    const oldestMs = Date.now() - (this.#parts.reuse.maxAgeMs ?? Number.POSITIVE_INFINITY);
    return !(Date.parse(measurement.startedAt) < oldestMs);
  }

  /**
   * Writes down what became of an ask.
   * @param startS seconds that the start of a server for it took; undefined: it ran already.
   */
  keep({ candidate, point, again, sentinel }: Ask, outcome: PointOutcome, startS?: number): PointRecord {
    const variant = this.enter(candidate);
    const key = this.#pointKey(variant, point);
    const record: PointRecord =
      outcome.state === 'measured'
        ? {
            ...outcome,
            key,
            ...(again && { again }),
            ...(startS !== undefined && { startS }),
            ...(sentinel && { sentinel }),
          }
        : { ...outcome, key };
    this.#parts.journal.append({ kind: 'point', variant, record });
    return record;
  }

  /** Writes down points that are not measured. */
  skip({ candidate, points, reason }: SkippedPoints): void {
    const variant = this.enter(candidate);
    this.#parts.journal.append({ kind: 'point', variant, record: { state: 'skipped', points, reason } });
  }

  /** Writes down whether the machine was the same, and which measurements drifted. */
  drift(drift: Drift, records: ReadonlyMap<Ask, Measured>): void {
    const { plan } = this.#parts.space;
    const { sentinel, looks, shifts, drifted, again, complete } = drift;
    const timeOf = (ms: number): string => new Date(ms).toISOString();
    this.#parts.journal.append({
      kind: 'drift',
      models: [plan.name],
      sentinel: { variant: sentinel.candidate.name, point: sentinel.point },
      looks,
      shifts: shifts.map(({ fromMs, untilMs, by }) => ({
        after: timeOf(fromMs),
        before: timeOf(untilMs),
        by,
      })),
      drifted: [...drifted].flatMap(([ask, by]) => {
        const record = records.get(ask);
        if (!record) return [];
        const variant = this.enter(ask.candidate);
        return [{ variant, key: record.key, startedAt: record.measurement.startedAt, by }];
      }),
      again,
      ...(!complete && shifts.length + drifted.size > 0 && { unfinished: true }),
    });
  }

  /** Writes down how a trial ended; answers all that is known of its variant. */
  end(candidate: Candidate, end: TrialEnd): Trial {
    const variant = this.enter(candidate);
    this.#parts.journal.append({ kind: 'end', variant, end });
    return { ...this.#trial(variant)!, end };
  }

  #trial(variant: string): Trial | undefined {
    return this.#parts.journal.run.trials.find(({ key }) => key === variant);
  }

  #pointKey(variant: string, point: LoadPoint): string {
    return pointKey(variant, point, this.#parts.space.plan.load, this.#parts.generator);
  }

  /**
   * Takes over what Model Analyzer measured on a variant: the same model, configuration and load. Its checkpoint says
   * nothing of the model's files or of the machine.
   */
  #adopt(candidate: Candidate, variant: string): void {
    const { checkpoint, journal } = this.#parts;
    if (!this.#takesOver) return;
    const same = (config: ModelConfig): string =>
      canonicalJson({ ...config, name: candidate.models[0].name });
    for (const {
      models: [{ name: model, config }],
      points,
      isDefault,
    } of checkpoint?.run.trials ?? []) {
      if (model !== candidate.models[0].name || isDefault !== candidate.isDefault) continue;
      if (same(config) !== same(candidate.models[0].config)) continue;
      for (const record of points) {
        if (record.state !== 'measured' || !this.#isYoung(record)) continue;
        if (this.#isAnew(candidate, record.measurement.point)) continue;
        const key = this.#pointKey(variant, record.measurement.point);
        if (journal.history.newest(variant, key)) continue;
        journal.append({ kind: 'point', variant, record: { ...asTaken(record), key } });
      }
    }
  }
}
