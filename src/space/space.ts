import { createHash } from 'node:crypto';
import { combinations } from '../config/combinations.ts';
import type { ModelPlan, Parameter } from '../config/experiment.ts';
import { buildValue } from '../config/field-path.ts';
import type { Path } from '../config/yaml.ts';
import { messageOf, userError } from '../ground/errors.ts';
import { canonicalJson, maxBatchSize, mergeConfig, normalizeConfig, onCpu } from '../model-config/config.ts';
import type { ModelConfig } from '../model-config/model-config.ts';
import { inFlight, type LoadPoint } from '../record/load-point.ts';
import type { ConfiguredModel } from '../record/run.ts';
import { batchingOf, whyIllegal, withLegalPreferences } from './legal.ts';
import { loadsOf } from './loads.ts';

/** One configuration of a model, or of several together, to try. */
export interface Candidate {
  /** `<model>_config_default`, `<model>_config_0`, ... */
  readonly name: string;
  readonly isDefault: boolean;
  /** What it serves; those that load is put on stand first. */
  readonly models: readonly [ConfiguredModel, ...ConfiguredModel[]];
  /** Equal for equal configurations. */
  readonly key: string;
}

/** Points that can't be measured on a candidate, and why. */
export interface SkippedPoints {
  readonly candidate: Candidate;
  readonly points: readonly LoadPoint[];
  readonly reason: string;
}

/** Everything there is to measure for one model, as far as it is known beforehand. */
export interface Space {
  readonly plan: ModelPlan;
  /** The default first, then in the order of their names; what `automatic` proposes is added. */
  readonly candidates: readonly Candidate[];
  /** What is listed, as lists in which max_batch_size alone changes, in the order it is listed in. */
  readonly groups: readonly (readonly Candidate[])[];
  /** What is tried where nothing is listed; undefined: nothing. */
  readonly automatic: AutomaticSpace | undefined;
  /** Configurations there can be at most. */
  readonly most: number;
  /** Every load of the plan, batch size outside, load inside, whether legal on a candidate or not. */
  readonly loads: readonly LoadPoint[];
  /** The legal points of a candidate, batch size outside, load inside. */
  pointsOf(candidate: Candidate): readonly LoadPoint[];
  /** The same configurations in a space of its own, in which what `automatic` may propose is listed, too. */
  whole(): Space;
  /** The points that are illegal on the candidates so far. */
  readonly skipped: readonly SkippedPoints[];
  /** Combinations that give a configuration already listed. */
  readonly duplicates: number;
}

/** Answers each time what became known to be illegal since the last time: an automatic search makes candidates as it goes. */
export function illegalSince({ skipped }: Pick<Space, 'skipped'>): () => readonly SkippedPoints[] {
  let told = skipped.length;
  return () => {
    const news = skipped.slice(told);
    told = skipped.length;
    return news;
  };
}

/** Instance counts, and for each the batch sizes upwards; [] for a model that does not batch. */
export interface AutomaticSpace {
  readonly instanceCounts: readonly number[];
  readonly batchSizes: readonly number[];
  /** The candidate with these; the same again when it is there. */
  propose(instanceCount: number, batchSize: number | undefined): Candidate;
}

/**
 * All candidates and points of a model, under Model Analyzer's names: numbers in the order in which configurations
 * are made, each configuration once; the default has no number, so what is listed and equals it is tried under one.
 * Of an ensemble there is the default alone.
 * @param base the user's configuration, the default candidate.
 * @param hasGpu whether instances may be put on a GPU.
 * @throws UserError when parameters together are not a model configuration, and when nothing can be measured.
 */
export function buildSpace(asked: ModelPlan, base: ModelConfig, hasGpu = true): Space {
  return spaceOf(isEnsemble(base) ? asItIs(asked) : asked, base, hasGpu);
}

/** The configurations of a space, each once, and the loads that are legal on each. */
class Listing {
  readonly candidates: Candidate[] = [];
  readonly skipped: SkippedPoints[] = [];
  readonly loads: readonly LoadPoint[];
  readonly #plan: ModelPlan;
  readonly #default: Candidate;
  readonly #byKey = new Map<string, Candidate>();
  readonly #points = new Map<Candidate, readonly LoadPoint[]>();

  constructor(plan: ModelPlan, base: ModelConfig) {
    this.#plan = plan;
    this.loads = loadsOf(plan);
    this.#default = candidate(plan, `${plan.name}_config_default`, {}, base, true);
    this.#admit(this.#default);
  }

  /** The candidate of a configuration, made when there is none yet. */
  propose(assignment: Record<string, unknown>, config: ModelConfig): Candidate {
    const name = `${this.#plan.name}_config_${this.candidates.length - 1}`;
    const next = candidate(this.#plan, name, assignment, config, false);
    const key = next.key === this.#default.key ? `${next.key}${AGAIN}` : next.key;
    const known = this.#byKey.get(key);
    if (known) return known;
    const made = { ...next, key };
    this.#byKey.set(key, made);
    this.#admit(made);
    return made;
  }

  pointsOf(item: Candidate): readonly LoadPoint[] {
    return this.#points.get(item) ?? [];
  }

  #admit(item: Candidate): void {
    this.candidates.push(item);
    const groups = Map.groupBy(this.loads, (point) => whyIllegal(item.models[0].config, point));
    this.#points.set(item, groups.get(undefined) ?? []);
    for (const [reason, group] of groups)
      if (reason !== undefined) this.skipped.push({ candidate: item, points: group, reason });
  }
}

/** The end of the key of a listed configuration that equals the default, so that it is not taken for the default. */
const AGAIN = '-again';

/** Whether a candidate is listed, has a number, and equals the default. */
export const isDefaultAgain = ({ key }: Candidate): boolean => key.endsWith(AGAIN);

function spaceOf(plan: ModelPlan, base: ModelConfig, hasGpu: boolean): Space {
  const listing = new Listing(plan, base);
  // What is listed beside an automatic search is one value of each field, for all that it tries.
  const choices = combinationsByBatch(plan.automatic ? [] : plan.parameters);
  const groups = choices.map((list) => list.flatMap((choice) => listed(plan, base, listing, choice)));
  const { candidates, skipped, loads } = listing;
  const propose = listing.propose.bind(listing);
  const automatic = plan.automatic && automaticSpace(plan, base, hasGpu, propose);
  const most = automatic
    ? 1 + automatic.instanceCounts.length * Math.max(1, automatic.batchSizes.length)
    : candidates.length;
  const space: Space = {
    plan,
    candidates,
    groups,
    automatic,
    most,
    loads,
    pointsOf: (item) => listing.pointsOf(item),
    whole: () => (automatic ? allProposed(spaceOf(plan, base, hasGpu)) : eachOnce(space)),
    skipped,
    duplicates: choices.flat().length - groups.flat().length,
  };
  checkLegal(space, automatic?.largest);
  return space;
}

/** What a choice of the parameters is as a candidate; [] where that is listed already. */
function listed(plan: ModelPlan, base: ModelConfig, listing: Listing, choice: Choice): Candidate[] {
  const assignment = Object.fromEntries(choice.map(({ path, value }) => [path, value]));
  const merged = mergeConfig(base, buildValue(choice) as ModelConfig);
  const before = listing.candidates.length;
  const made = listing.propose(assignment, plan.cpuOnly ? onCpu(merged) : merged);
  return listing.candidates.length > before ? [made] : [];
}

/** A space with everything in it that its automatic part may propose. */
function allProposed(space: Space): Space {
  const { instanceCounts, batchSizes, propose } = space.automatic!;
  const sizes = batchSizes.length > 0 ? batchSizes : [undefined];
  const groups = instanceCounts.map((count) => sizes.map((size) => propose(count, size)));
  return eachOnce({ ...space, groups, automatic: undefined });
}

/** A space without the listed configuration that equals the default. */
function eachOnce(space: Space): Space {
  const candidates = space.candidates.filter((item) => !isDefaultAgain(item));
  const groups = space.groups.map((group) => group.filter((item) => !isDefaultAgain(item)));
  return { ...space, candidates, groups };
}

/**
 * @param largest the configuration with the largest batch that an automatic search may come to.
 * @throws UserError when every load is illegal on every configuration.
 */
function checkLegal(
  { plan, candidates, loads, pointsOf, skipped }: Space,
  largest: ModelConfig | undefined,
): void {
  if (candidates.some((item) => pointsOf(item).length > 0)) return;
  // The quick search has a load of its own: client batch 1.
  const own = plan.search.mode === 'quick' ? [inFlight(plan.name, 1)] : loads;
  if (largest && own.some((point) => whyIllegal(largest, point) === undefined)) return;
  const reasons = [...new Set(skipped.map(({ reason }) => reason))].slice(0, 3);
  throw userError(
    `model ${plan.name}: nothing can be measured: ${reasons.join('; ')}`,
    'give smaller batch_sizes or preferred_batch_size, or a larger max_batch_size',
    plan.place,
  );
}

/** Whether a model is made of others: it has neither instances nor batching of its own. */
export const isEnsemble = (config: ModelConfig): boolean =>
  config['platform'] === 'ensemble' || config['ensemble_scheduling'] !== undefined;

/** A plan of the default configuration alone. */
const asItIs = ({ automatic: _, ...plan }: ModelPlan): ModelPlan => ({ ...plan, parameters: [] });

type Choice = readonly { readonly path: string; readonly segments: Path; readonly value: unknown }[];

/** The combinations of all parameters but max_batch_size, and for each of them the batch sizes in turn. */
function combinationsByBatch(parameters: readonly Parameter[]): Choice[][] {
  if (parameters.length === 0) return [];
  const [batch] = parameters.filter(({ path }) => path === 'max_batch_size');
  const others = parameters.filter((parameter) => parameter !== batch);
  return [...combinations(others)].map((choice): Choice[] => {
    const named = choice.map((item, index) => ({ ...item, path: others[index]!.path }));
    if (!batch) return [named];
    const { path, segments } = batch;
    return batch.values.map((value) => [...named, { path, segments, value }]);
  });
}

/** Model Analyzer's: every number of instances, with doubled batch sizes and dynamic batching where the model batches. */
function automaticSpace(
  plan: ModelPlan,
  base: ModelConfig,
  hasGpu: boolean,
  propose: (assignment: Record<string, unknown>, config: ModelConfig) => Candidate,
): AutomaticSpace & { readonly largest: ModelConfig } {
  const { instanceCounts } = plan.automatic!;
  const fixed = plan.parameters.map(({ path, segments, values }) => ({ path, segments, value: values[0] }));
  const common = fixed.length > 0 ? mergeConfig(base, buildValue(fixed) as ModelConfig) : base;
  const batches = maxBatchSize(base) > 0;
  const batchSizes = batchSizesOf(plan, base);
  const kind = plan.cpuOnly || !hasGpu ? 'KIND_CPU' : 'KIND_GPU';
  const ownOf = (count: number, batchSize: number | undefined) => ({
    ...(batchSize !== undefined && { max_batch_size: batchSize }),
    instance_group: [{ count, kind }],
  });
  const batching = batches && !base['sequence_batching'] ? { dynamic_batching: {} } : {};
  const configOf = (count: number, batchSize: number | undefined): ModelConfig =>
    withLegalPreferences(mergeConfig(common, { ...ownOf(count, batchSize), ...batching } as ModelConfig));
  return {
    instanceCounts,
    batchSizes,
    largest: configOf(instanceCounts.at(-1) ?? 1, batchSizes.at(-1)),
    propose(count, batchSize) {
      const listed = Object.fromEntries(fixed.map(({ path, value }) => [path, value]));
      return propose({ ...listed, ...ownOf(count, batchSize) }, configOf(count, batchSize));
    },
  };
}

function candidate(
  plan: ModelPlan,
  name: string,
  assignment: Record<string, unknown>,
  json: ModelConfig,
  isDefault: boolean,
): Candidate {
  const config = normalize(plan, json, assignment);
  return {
    models: [{ name: plan.name, assignment, config, role: 'measured' }],
    name,
    isDefault,
    key: configKey(config, plan.name),
  };
}

/** Equal for equal configurations; one without a name takes its folder's, so both spellings are the same. */
export const configKey = (config: ModelConfig, model: string): string =>
  createHash('sha256')
    .update(canonicalJson({ ...config, name: model }))
    .digest('hex')
    .slice(0, 16);

function normalize(plan: ModelPlan, json: ModelConfig, assignment: Record<string, unknown>): ModelConfig {
  try {
    const config = normalizeConfig(json);
    const { optimization, ...others } = config;
    // An empty optimization says what none says; as a choice of a sweep it stands for the default.
    return optimization && Object.keys(optimization).length === 0 ? others : config;
  } catch (error) {
    const reason = messageOf(error).replace(/^cannot decode (oneof|field|message) inference\./, '');
    throw userError(
      `model ${plan.name}: ${JSON.stringify(assignment)} over its config.pbtxt is not a model configuration: ${reason}`,
      'of fields that exclude each other (dynamic_batching, sequence_batching) set one only',
      plan.parameters[0]?.place ?? plan.place,
    );
  }
}

/** Whether an automatic search takes preferred batch sizes away from what it tries. */
export function leavesOutPreferences({ plan, candidates }: Pick<Space, 'plan' | 'candidates'>): boolean {
  const listed = plan.parameters.find(({ path }) => path === 'dynamic_batching.preferred_batch_size');
  const [{ config }] = candidates[0]!.models;
  const preferred =
    (listed?.values[0] as readonly number[] | undefined) ?? batchingOf(config)?.preferred_batch_size ?? [];
  return batchSizesOf(plan, config).some((size) => preferred.some((other) => other > size));
}

/** The batch sizes that an automatic search tries; [] for a model that does not batch. */
const batchSizesOf = ({ automatic }: ModelPlan, base: ModelConfig): readonly number[] =>
  automatic && maxBatchSize(base) > 0 ? automatic.batchSizes : [];
