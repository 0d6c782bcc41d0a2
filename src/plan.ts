import type { Experiment, ModelPlan } from './config/experiment.ts';
import { planLanes } from './lanes.ts';
import { printConfigText } from './model-config/config.ts';
import { baseOf, hasGpu, notesOf, spaceOf } from './preparation.ts';
import { listGpus } from './server/gpu/list.ts';
import type { LoadPoint } from './space/load-point.ts';
import type { Space } from './space/space.ts';

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
   * listed: exactly these; at most: a search may leave some out, or look between them; open: variants follow from what
   * is measured; unknown: the model has no config.pbtxt, and the server would be asked.
   */
  readonly extent: 'listed' | 'at most' | 'open' | 'unknown';
  /** open: the configurations and points that there can be at most, and out of what. */
  readonly space?: {
    readonly configurations: number;
    readonly instanceCounts: readonly number[];
    readonly batchSizes: readonly number[];
    readonly loads: readonly LoadPoint[];
  };
  readonly notes: readonly string[];
}

/**
 * What `profile` would do with an experiment; nothing is started or written.
 * @throws UserError for the mistakes that `profile` would tell.
 */
export async function planRun(experiment: Experiment): Promise<PlannedModel[]> {
  const { launch } = experiment;
  const lanes = planLanes(launch, launch.mode === 'remote' ? [] : await listGpus());
  const models: PlannedModel[] = [];
  for (const plan of experiment.models) {
    const { config } = await baseOf(experiment, plan);
    if (!config) {
      const notes = [`${plan.name} has no config.pbtxt here: the server is asked for its configuration`];
      models.push({ plan, variants: [], extent: 'unknown', notes });
      continue;
    }
    const space = spaceOf(plan, config, hasGpu(lanes, launch));
    models.push({ plan, ...extentOf(space), variants: variantsOf(space), notes: notesOf(space, config) });
  }
  return models;
}

function extentOf(space: Space): Pick<PlannedModel, 'extent' | 'space'> {
  const { plan, automatic, candidates, most } = space;
  if (automatic) {
    const { instanceCounts, batchSizes } = automatic;
    const loads = space.pointsOf(candidates[0]!);
    return { extent: 'open', space: { configurations: most, instanceCounts, batchSizes, loads } };
  }
  return { extent: plan.stopAtPlateau || plan.earlyExit || plan.refine ? 'at most' : 'listed' };
}

const variantsOf = (space: Space): PlannedVariant[] =>
  space.candidates.map((candidate) => ({
    name: candidate.name,
    assignment: candidate.assignment,
    configText: printConfigText(candidate.config),
    points: space.pointsOf(candidate),
    skipped: space.skipped
      .filter((item) => item.candidate === candidate)
      .map(({ points, reason }) => ({ points, reason })),
  }));
