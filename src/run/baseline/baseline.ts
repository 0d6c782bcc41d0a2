import type { BaselineSettings, Experiment, ModelPlan } from '../../config/experiment.ts';
import { goalOfPlan } from '../../config/goals.ts';
import { UserError, userError } from '../../ground/errors.ts';
import { chosen } from '../../rank/comparison/choice.ts';
import { compareRuns } from '../../rank/comparison/compare-runs.ts';
import { type Condition, readCondition } from '../../rank/comparison/gates.ts';
import { type Ranking, rank } from '../../rank/rank.ts';
import type { ComparedRun, Comparison } from '../../record/comparison.ts';
import { nameOfModels } from '../../record/goal.ts';
import { loadedName, type Run } from '../../record/run.ts';
import { journalPath } from '../../store/journal.ts';
import { type ReadSide, readBefore, sideOf } from '../../store/read-side.ts';
import { continuedBy } from '../session.ts';

/** The run that another one is compared with while it goes on, and what is asked of that comparison. */
export class Baseline {
  readonly read: ReadSide;
  readonly conditions: readonly Condition[];
  readonly #settings: BaselineSettings;

  constructor(settings: BaselineSettings, read: ReadSide, conditions: readonly Condition[]) {
    this.#settings = settings;
    this.read = read;
    this.conditions = conditions;
  }

  /** A mistake in what was given, told with its place. */
  mistake(message: string, hint: string): UserError {
    return userError(`baseline ${this.#settings.asked}: ${message}`, hint, this.#settings.place);
  }

  /** Whether the run measured a model, or tried to. */
  has(model: string): boolean {
    return this.read.run.trials.some((trial) => loadedName(trial) === model);
  }

  /** What the run came to for a model, judged as it was then. */
  rankingOf(plan: ModelPlan): Ranking {
    const own = this.read.goals.find(({ models }) => nameOfModels(models) === plan.name);
    const now = goalOfPlan(plan);
    return rank(this.read.run, { ...(own ?? now), ...(now.prices && { prices: now.prices }) });
  }

  /**
   * The comparison with a run.
   * @param of this model alone; absent: of all.
   */
  compare(run: Run, { models, checkpointDirectory }: Compared, of?: string): Comparison {
    const ofModel = (side: Run): Run =>
      of === undefined ? side : { ...side, trials: side.trials.filter((trial) => loadedName(trial) === of) };
    const next: ComparedRun = {
      run: ofModel(run),
      goals: models.map(goalOfPlan),
      side: sideOf(checkpointDirectory, 'journal', run, run.sessions.at(-1)?.id),
    };
    const { warnings: _, ...base } = this.read;
    return compareRuns({ ...base, run: ofModel(base.run) }, next, { conditions: this.conditions });
  }
}

type Compared = Pick<Experiment, 'models' | 'checkpointDirectory'>;

/**
 * Reads what a run is to be compared with; undefined: nothing was asked for.
 * @throws UserError where it can't be read, is of other models, or a condition is none.
 */
export function readBaseline(experiment: Experiment): Baseline | undefined {
  const { baseline: settings, models, checkpointDirectory } = experiment;
  if (!settings) return undefined;
  const { path, session, failOn } = settings;
  const names = models.map(({ name }) => name);
  const conditions = placed(settings.conditionsPlace, '', () => failOn.map(readCondition));
  const read = placed(settings.place, 'baseline: ', () =>
    readBefore(
      path,
      { session, flag: '--baseline-session' },
      {
        journal: journalPath(checkpointDirectory),
        models: names,
        goesOnWith: (history) => continuedBy(history, experiment, new Date()),
      },
    ),
  );
  const baseline = new Baseline(settings, read, conditions);
  if (!names.some((name) => baseline.has(name))) {
    const others = [...new Set(read.run.trials.map(loadedName))];
    throw baseline.mistake(
      `it is of other models: ${others.join(', ') || 'none'}`,
      `name a run of ${names.join(', ')}`,
    );
  }
  const nothing = models.filter((plan) => baseline.has(plan.name) && !chosen(baseline.rankingOf(plan)));
  if (nothing.length > 0) {
    throw baseline.mistake(
      `it measured nothing of ${nothing.map(({ name }) => name).join(', ')}, and so decided for nothing`,
      'name a run that came to something, or leave the model out',
    );
  }
  return baseline;
}

/** Does something, and tells its mistakes with the place of what was read. */
function placed<T>(place: BaselineSettings['place'], before: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(
      error.problems.map((problem) => ({
        ...problem,
        message: `${before}${problem.message}`,
        place: problem.place ?? place,
      })),
    );
  }
}
