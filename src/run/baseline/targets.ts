import type { Experiment, ModelPlan } from '../../config/experiment.ts';
import { canonicalJson } from '../../model-config/config.ts';
import type { ModelConfig } from '../../model-config/model-config.ts';
import { chosen } from '../../rank/comparison/choice.ts';
import { isSamePoint, type LoadPoint, levelText } from '../../record/load-point.ts';
import { measurementsOf, type Trial } from '../../record/run.ts';
import type { SearchedSpace } from '../../search/search-for.ts';
import { whyIllegal } from '../../space/legal.ts';
import { type Candidate, configKey } from '../../space/space.ts';
import type { Baseline } from './baseline.ts';

/** A point that both runs are to have measured. */
export interface Target {
  readonly candidate: Candidate;
  readonly point: LoadPoint;
}

/**
 * What of a space is measured for the comparison: what BASE came to, at its load, and the default, at the same load where
 * BASE measured it there. A configuration is known by what it is; where the default itself has changed, by how it differs
 * from the default. One that the space does not hold is added as `<model>_config_baseline`.
 * @throws UserError where it can't be served, or the load can't be put on it.
 */
export function targetsOf(
  baseline: Baseline,
  space: SearchedSpace,
  { launch }: Pick<Experiment, 'launch'>,
): readonly Target[] {
  const { plan, candidates } = space;
  if (!baseline.has(plan.name)) return [];
  const ranking = baseline.rankingOf(plan);
  const winner = chosen(ranking);
  if (!winner) return [];
  const { point } = winner.best.measurement;
  const {
    trial: { name, models },
  } = winner;
  if (models.length > 1 || point.streams.length > 1 || point.streams[0].model !== plan.name) {
    throw baseline.mistake(
      `${name} was measured with several models at once, which this run does not do`,
      'name a run of one model at a time',
    );
  }
  const base = baseline.read.run.trials.find(
    (trial) => trial.isDefault && trial.models[0].name === plan.name,
  );
  const candidate = candidateFor(winner.trial, base, space);
  if (!candidate.isDefault && launch.mode === 'remote' && !launch.remote.reload) {
    throw baseline.mistake(
      `it came to ${name}, and with reload_model_disable nothing but what runs can be measured`,
      'leave reload_model_disable out, or name a run of what runs',
    );
  }
  const why = whyIllegal(candidate.models[0].config, point);
  if (why !== undefined) {
    throw baseline.mistake(
      `it came to ${name} with ${levelText(point)}, which can't be put on it here: ${why}`,
      'name a run of the model as it is now',
    );
  }
  const [first] = candidates;
  const ofDefault = defaultPoint(base, point, ranking.default?.best.measurement.point);
  const both = candidate !== first && ofDefault && !whyIllegal(first!.models[0].config, ofDefault);
  return [...(both ? [{ candidate: first!, point: ofDefault }] : []), { candidate, point }];
}

/** The load at which the default is looked at: the winner's, where BASE measured it there, else that at which it was best. */
function defaultPoint(
  base: Trial | undefined,
  wanted: LoadPoint,
  best: LoadPoint | undefined,
): LoadPoint | undefined {
  const measured = base ? measurementsOf(base).map(({ point }) => point) : [];
  return measured.find((point) => isSamePoint(point, wanted)) ?? best ?? measured[0];
}

/** The configuration of a space that is an earlier run's; made where the space does not hold it. */
function candidateFor(
  trial: Trial,
  base: Trial | undefined,
  { plan, candidates, automatic, whole }: SearchedSpace,
): Candidate {
  const [first] = candidates;
  if (trial.isDefault) return first!;
  const [{ config: then }] = trial.models;
  const now = first!.models[0].config;
  const config = base ? differingAlike(then, base.models[0].config, now) : then;
  for (const wanted of [then, config]) {
    const key = configKey(wanted, plan.name);
    const known = candidates.find((item) => item.key === key);
    if (known) return known;
    if (!automatic) continue;
    // A search that makes its configurations as it goes is to come to this very one.
    const may = whole().candidates.find((item) => !item.isDefault && item.key === key)?.models[0].config;
    const group = (may?.['instance_group'] as { count?: number }[] | undefined)?.[0];
    if (may && group?.count !== undefined)
      return automatic.propose(
        group.count,
        automatic.batchSizes.length > 0 ? Number(may['max_batch_size']) : undefined,
      );
  }
  const fields = fieldsOf(config, now).filter((field) => !isEqual(config[field], now[field]));
  const assignment = Object.fromEntries(fields.map((field) => [field, config[field] ?? null]));
  return {
    name: `${plan.name}_config_baseline`,
    isDefault: false,
    key: configKey(config, plan.name),
    models: [{ name: plan.name, role: 'measured', assignment, config }],
  };
}

/** What differs from the default as it is now in the same fields, and in the same way, as a configuration did from that of then. */
function differingAlike(config: ModelConfig, then: ModelConfig, now: ModelConfig): ModelConfig {
  const changed = fieldsOf(config, then).filter(
    (field) => field !== 'name' && !isEqual(config[field], then[field]),
  );
  const kept = Object.entries(now).filter(([field]) => !changed.includes(field));
  const set = changed.flatMap((field) => (config[field] === undefined ? [] : [[field, config[field]]]));
  return Object.fromEntries([...kept, ...set]) as ModelConfig;
}

const fieldsOf = (one: ModelConfig, other: ModelConfig): string[] => [
  ...new Set([...Object.keys(one), ...Object.keys(other)]),
];

const isEqual = (one: unknown, other: unknown): boolean =>
  canonicalJson(one ?? null) === canonicalJson(other ?? null);

/** A line on what is measured for the comparison. */
export function targetNotes(
  { name }: Pick<ModelPlan, 'name'>,
  targets: readonly Target[],
  baseline: Baseline | undefined,
): string[] {
  if (!baseline) return [];
  if (targets.length === 0) return [`${name} is not in the baseline, and is compared with nothing`];
  const list = targets.map(({ candidate, point }) => `${candidate.name} with ${levelText(point)}`);
  return [`${name}: compared with a baseline: ${list.join(' and ')} measured anew, early and late`];
}
