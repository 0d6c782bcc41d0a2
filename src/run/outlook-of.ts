import type { Experiment, ModelPlan } from '../config/experiment.ts';
import type { Lane } from '../executor/lanes.ts';
import { hasGpu } from '../executor/place.ts';
import type { Run } from '../record/run.ts';
import { searchedSpace } from '../search/search-for.ts';
import type { BaseModel } from '../variant/base.ts';
import type { Baseline } from './baseline/baseline.ts';
import { expectedLooks } from './baseline/looks.ts';
import { targetsOf } from './baseline/targets.ts';
import { checkedSpace } from './checked-space.ts';
import { expectationOf } from './expectation.ts';
import { knownPoints } from './known-points.ts';
import type { Outlook } from './turns.ts';

/**
 * What a model will probably take.
 * @param before everything that the journal has.
 */
export function outlookOf(
  plan: ModelPlan,
  base: BaseModel,
  experiment: Experiment,
  { lanes, before, baseline }: { lanes: readonly Lane[]; before: Run; baseline: Baseline | undefined },
): Outlook {
  if (!base.config) return undefined;
  const spaceOf = () =>
    searchedSpace(checkedSpace(plan, base.config!, hasGpu(lanes, experiment.launch, plan)));
  const space = spaceOf();
  const targets = baseline ? targetsOf(baseline, spaceOf(), experiment) : [];
  const { minutes, measurements, looks } = expectationOf(
    space,
    // What it would take, whatever it is allowed.
    { ...experiment, maxMinutes: undefined },
    before,
    expectedLooks(targets, space),
  );
  const known = knownPoints(before, space, base, experiment, lanes[0]!);
  const left = measurements > 0 ? 1 - known / measurements : 1;
  return { minutes: minutes * Math.max(0, left), points: measurements - looks.sentinel };
}
