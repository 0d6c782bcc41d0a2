import type { Experiment, ModelPlan } from '../config/experiment.ts';
import { type Lane, machineFor, notesOfMachine, planLanes } from '../executor/lanes.ts';
import { hasGpu } from '../executor/place.ts';
import { formatProblem, gatherMistakes, type Problem } from '../ground/errors.ts';
import { printConfigText } from '../model-config/config.ts';
import type { LoadPoint } from '../record/load-point.ts';
import type { Run } from '../record/run.ts';
import { looksAtAll, type SearchedSpace, searchedSpace } from '../search/search-for.ts';
import { backendNeededBy, backendsOf, lackingBackend } from '../server/backends.ts';
import { locateTritonServer, missingServer } from '../server/locate.ts';
import type { Space } from '../space/space.ts';
import { journalPath, readJournal } from '../store/journal.ts';
import type { BaseModel } from '../variant/base.ts';
import { baseOf } from './base-of.ts';
import { type Baseline, readBaseline } from './baseline/baseline.ts';
import { expectedLooks } from './baseline/looks.ts';
import { targetNotes, targetsOf } from './baseline/targets.ts';
import { checkedSpace } from './checked-space.ts';
import { type Expectation, expectationOf } from './expectation.ts';
import { knownPoints } from './known-points.ts';
import { notesOf } from './notes.ts';
import { warningsOf } from './warnings.ts';

/** A variant that would be tried. */
export interface PlannedVariant {
  readonly name: string;
  /** What is set over the model's own configuration, by path. */
  readonly assignment: Readonly<Record<string, unknown>>;
  /** config.pbtxt under the model's own name. */
  readonly configText: string;
  /** In the order in which they would be measured. */
  readonly points: readonly LoadPoint[];
  readonly skipped: readonly { readonly points: readonly LoadPoint[]; readonly reason: string }[];
}

/** What would be measured for one model. */
export interface PlannedModel {
  readonly plan: ModelPlan;
  /** In the order in which they would be tried, as far as they are known. */
  readonly variants: readonly PlannedVariant[];
  /**
   * listed: exactly these; searched: the best of them are looked for; at most: a search may leave some out, or look
   * between them; open: variants follow from what
   * is measured; unknown: the model has no config.pbtxt, and the server would be asked.
   */
  readonly extent: 'listed' | 'searched' | 'at most' | 'open' | 'unknown';
  /** open: the configurations and points that there can be at most, and out of what. */
  readonly space?: {
    readonly configurations: number;
    readonly instanceCounts: readonly number[];
    readonly batchSizes: readonly number[];
    readonly loads: readonly LoadPoint[];
  };
  /** What it will probably take; undefined where the configuration is not known. */
  readonly expected: Expectation | undefined;
  /** How many of the points the journal has, which are not measured again where the server is the one it was. */
  readonly known: number;
  /** What will most likely not go as it was meant. */
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
}

/**
 * What `profile` would do with an experiment; nothing is started or written.
 * @throws UserError for the mistakes that `profile` would tell.
 */
export async function planRun(experiment: Experiment): Promise<PlannedModel[]> {
  const { launch } = experiment;
  const machine = await machineFor(launch);
  const lanes = planLanes(launch, machine);
  const baseline = readBaseline(experiment);
  const before = readJournal(journalPath(experiment.checkpointDirectory)).history.whole();
  const [first, ...others] = await gatherMistakes(experiment.models, (plan) =>
    planModel(plan, experiment, { lanes, before, baseline }),
  );
  if (!first) return [];
  // Said once, of the first model to be served.
  return [
    { ...first, warnings: [...notesOfMachine(machine), ...serverWarnings(experiment), ...first.warnings] },
    ...others,
  ];
}

/** A plan may be made on a machine without a server, but a path that was given is to be right. */
function serverWarnings(experiment: Experiment): string[] {
  const missing = experiment.launch.serverPath === undefined ? undefined : missingServer(experiment);
  return missing ? [inOneLine(missing)] : [];
}

const inOneLine = (problem: Problem): string => formatProblem(problem).replace('\n  ', ': ');

/** That the server of this machine has not what a model runs on, as far as that is known. */
function backendWarnings(
  { launch, models, serverPathPlace }: Experiment,
  { name, folder, config }: BaseModel,
): string[] {
  if (launch.mode !== 'local' || folder === undefined || missingServer({ launch, serverPathPlace }))
    return [];
  if (models.some(({ serverFlags }) => 'backend-directory' in serverFlags)) return [];
  const has = backendsOf(locateTritonServer(launch.serverPath));
  const needed = backendNeededBy(config, folder);
  return has && needed !== undefined && !has.includes(needed)
    ? [inOneLine(lackingBackend(name, needed, has))]
    : [];
}

/** What a plan is made with, beside the experiment. */
interface Given {
  readonly lanes: readonly Lane[];
  /** Everything that the journal has. */
  readonly before: Run;
  readonly baseline: Baseline | undefined;
}

async function planModel(
  plan: ModelPlan,
  experiment: Experiment,
  { lanes, before, baseline }: Given,
): Promise<PlannedModel> {
  const base = await baseOf(experiment, plan);
  const { config, notes: ofModel } = base;
  if (!config) {
    const notes = [`${plan.name} has no config.pbtxt here: the server is asked for its configuration`];
    return { plan, variants: [], extent: 'unknown', expected: undefined, known: 0, warnings: [], notes };
  }
  const hasGpus = hasGpu(lanes, experiment.launch, plan);
  const space = searchedSpace(checkedSpace(plan, config, hasGpus));
  // Of a space of its own: an automatic search is to begin with none of its configurations.
  const targets = baseline
    ? targetsOf(baseline, searchedSpace(checkedSpace(plan, config, hasGpus)), experiment)
    : [];
  return {
    plan,
    ...extentOf(space),
    variants: variantsOf(space),
    expected: expectationOf(space, experiment, before, expectedLooks(targets, space)),
    known: knownPoints(before, space, base, experiment, lanes[0]!),
    warnings: [...backendWarnings(experiment, base), ...warningsOf(space, hasGpus)],
    notes: [...ofModel, ...notesOf(space, config), ...targetNotes(plan, targets, baseline)],
  };
}

function extentOf(space: SearchedSpace): Pick<PlannedModel, 'extent' | 'space'> {
  const { plan, automatic, loads, most } = space;
  if (automatic) {
    const { instanceCounts, batchSizes } = automatic;
    return { extent: 'open', space: { configurations: most, instanceCounts, batchSizes, loads } };
  }
  if (!looksAtAll(space)) return { extent: 'searched' };
  return { extent: plan.stopAtPlateau || plan.earlyExit || plan.refine ? 'at most' : 'listed' };
}

const variantsOf = (space: Space): PlannedVariant[] =>
  space.candidates.map((candidate) => ({
    name: candidate.name,
    assignment: candidate.models[0].assignment,
    configText: printConfigText(candidate.models[0].config),
    points: space.pointsOf(candidate),
    skipped: space.skipped
      .filter((item) => item.candidate === candidate)
      .map(({ points, reason }) => ({ points, reason })),
  }));
