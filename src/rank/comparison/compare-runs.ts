import { counted } from '../../ground/wording.ts';
import {
  COMPARISON_VERSION,
  type ComparedModel,
  type ComparedRun,
  type Comparison,
  type Judgement,
} from '../../record/comparison.ts';
import { type Goal, nameOfModels } from '../../record/goal.ts';
import { isRate } from '../../record/load-point.ts';
import { keepsUpWithRate } from '../../record/measurement.ts';
import { loadedModels, loadedName } from '../../record/run.ts';
import { driftText } from '../drift-words.ts';
import { takenOverText } from '../taken-over.ts';
import { askAbout, comparedModel, type ModelPair, pairModel } from './compare-model.ts';
import { comparisonText, modelText } from './comparison-words.ts';
import { type Condition, gatesOf, gatesOfMissing } from './gates.ts';
import { Panel } from './judged.ts';
import type { Matched } from './matched.ts';
import { notAlikeIn } from './not-alike.ts';
import { whatChanged } from './what-changed.ts';

/** A change of fewer percent counts as none where nothing else is said. */
export const MARGIN = 5;

/** How to compare. */
export interface ComparisonOptions {
  /** Percent; usually 5. */
  readonly margin?: number | undefined;
  readonly conditions?: readonly Condition[];
}

/**
 * Compares two runs of the same models: what everything that both measured, each configuration and what they decided for
 * came to, and whether that is a change or the noise. What the two were judged by is NEW's goal; where it has none, BASE's.
 */
export function compareRuns(
  base: ComparedRun,
  next: ComparedRun,
  { margin = MARGIN, conditions = [] }: ComparisonOptions = {},
): Comparison {
  const [before, after] = [modelsOf(base), modelsOf(next)];
  const both = [...after].filter(([name]) => before.has(name));
  const tags = conditions.flatMap((condition) => (condition.kind === 'change' ? [condition.tag] : []));
  const pairs = both.map(([name, models]) => {
    const own = { base: goalIn(base, name), new: goalIn(next, name) };
    const goal = (first: Goal | undefined, second: Goal | undefined): Goal =>
      first ?? second ?? { models, ...USUAL };
    const goals = { base: goal(own.base, own.new), new: goal(own.new, own.base) };
    return { goals, pair: pairModel({ base: base.run, new: next.run }, goals, tags) };
  });
  const panel = new Panel(margin);
  for (const { pair } of pairs) askAbout(panel, pair);
  const judge = panel.judge();
  const compared = pairs.map(({ pair }) => comparedModel(pair, judge));
  const changed = whatChanged(
    base,
    next,
    compared.map((model, index) => ({ compared: model, goals: pairs[index]!.goals })),
  );
  const notAlike = notAlikeIn(changed);
  const models = compared.map((model, index): ComparedModel => {
    const judged = { ...model, verdict: notAlike.machine ? ('unknown' as const) : verdictOf(model) };
    return {
      ...judged,
      text: modelText(judged, margin, notAlike),
      notes: notesOf(model, pairs[index]!.pair),
    };
  });
  const [onlyBase, onlyNew] = [missingIn(before, after), missingIn(after, before)];
  const verdict = together(models.map((model) => model.verdict));
  return {
    schemaVersion: COMPARISON_VERSION,
    verdict,
    text: comparisonText({ models, verdict }, notAlike),
    margin,
    base: base.side,
    new: next.side,
    models,
    onlyBase,
    onlyNew,
    changed,
    gates: [
      ...models.flatMap((model) => gatesOf(model, conditions, notAlike)),
      ...onlyBase.flatMap((name) => gatesOfMissing(name, 'NEW', conditions)),
    ],
  };
}

/** What a run that does not say was judged by. */
const USUAL = { objectives: [{ tag: 'perf_throughput', weight: 1 }], constraints: [] };

const modelsOf = ({ run }: ComparedRun): Map<string, Goal['models']> =>
  new Map(run.trials.map((trial) => [loadedName(trial), loadedModels(trial)]));

const goalIn = ({ goals }: ComparedRun, name: string): Goal | undefined =>
  goals.find(({ models }) => nameOfModels(models) === name);

const missingIn = (all: ReadonlyMap<string, unknown>, other: ReadonlyMap<string, unknown>): string[] =>
  [...all.keys()].filter((name) => !other.has(name));

/** What counts of a model: everything that both measured, its default, and what BASE had decided for. */
function verdictOf(model: Omit<ComparedModel, 'verdict' | 'text' | 'notes'>): Judgement {
  const { objectives, changes, configurations, constraints, failed } = model;
  const aims = new Set(objectives.map(({ tag }) => tag));
  const overall = changes.filter(({ tag }) => aims.has(tag)).map(({ verdict }) => verdict);
  const named = configurations
    .filter(({ role }) => role.some((item) => item !== 'winner of NEW'))
    .flatMap((configuration) => configuration.changes.filter(({ tag }) => aims.has(tag)))
    .map(({ verdict }) => verdict);
  const all = [...overall, ...named];
  if (failed.some(({ role }) => role.length > 0) || constraints.some(({ state }) => state === 'lost'))
    return 'worse';
  if (all.includes('worse')) return 'worse';
  if (all.includes('better')) return 'better';
  return overall.length > 0 && overall.every((verdict) => verdict === 'same') ? 'same' : 'unknown';
}

/** Of several models: one that is worse decides, then one that is not known. */
const together = (all: readonly Judgement[]): Judgement =>
  (['worse', 'unknown', 'better'] as const).find((verdict) => all.includes(verdict)) ??
  (all.length > 0 ? 'same' : 'unknown');

/** Whether the server keeps up with the request rates that both put on it. */
function rateNotes({ trials }: Matched): string[] {
  const points = trials
    .flatMap((trial) => trial.points)
    .filter(({ leftOut, base }) => !leftOut && isRate(base.measurement.point))
    .map(({ base, new: next }) => [base, next].map(({ measurement }) => keepsUpWithRate(measurement)).join());
  const told = (kept: string, text: string): string[] => {
    const count = points.filter((item) => item === kept).length;
    return count > 0 ? [`${counted(count, 'load')}: ${text}`] : [];
  };
  return [
    ...told('true,false', 'BASE kept up with the request rate, and NEW does not'),
    ...told('false,true', 'NEW keeps up with the request rate, and BASE did not'),
    ...told(
      'true,true',
      'both kept up with the request rate, which is their throughput then; what the server could do beyond it was not measured',
    ),
  ];
}

/** What a reader should know of a model. */
function notesOf(
  { common, onlyBase, onlyNew, configurations, winner }: Omit<ComparedModel, 'verdict' | 'text' | 'notes'>,
  pair: ModelPair,
): string[] {
  const chosen = winner.base?.variant;
  const renamed = configurations.filter(({ base, new: next }) => base !== next).length;
  const changed = configurations.filter(({ matchedBy }) => matchedBy === 'parameters').length;
  const taken = takenOverText(pair.matched.trials.map((trial) => trial.new));
  return [
    ...(common.same > 0
      ? [
          `${counted(common.same, 'load')} left out: the two have the same measurement; where NEW took it over, tma profile --fresh measures anew`,
        ]
      : []),
    ...(taken !== undefined && common.same === 0 ? [`NEW: ${taken}`] : []),
    ...(pair.nights === undefined ? [] : [pair.nights]),
    ...rateNotes(pair.matched),
    ...(common.client > 0
      ? [`${counted(common.client, 'load')} left out: the load generator was the limit`]
      : []),
    ...(common.drifted > 0
      ? [`${counted(common.drifted, 'load')} left out: the machine was in another state in one of the two`]
      : []),
    ...[pair.base, pair.new].flatMap((ranking, index) => {
      const text = driftText(ranking);
      return text === undefined ? [] : [`${index === 0 ? 'BASE' : 'NEW'}: ${text}`];
    }),
    ...(changed > 0
      ? [`${counted(changed, 'configuration')} matched by parameters: the default's config.pbtxt has changed`]
      : []),
    ...(renamed > 0 ? [`${counted(renamed, 'configuration')} had another name in BASE`] : []),
    ...(onlyBase.length + onlyNew.length > 0
      ? [`measured in one of the two only: ${onlyBase.length} of BASE, ${onlyNew.length} of NEW`]
      : []),
    ...(chosen !== undefined && onlyBase.includes(chosen)
      ? [`what BASE had come to, ${chosen}, was not measured in NEW`]
      : []),
    ...[pair.base, pair.new].flatMap(({ interrupted }, index) =>
      interrupted ? [`${index === 0 ? 'BASE' : 'NEW'} did not come to its end`] : [],
    ),
  ];
}
