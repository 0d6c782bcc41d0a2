import { isClientBound } from '../../record/measurement.ts';
import type { Trial } from '../../record/run.ts';
import { gainRange } from '../gain-words.ts';
import { gainOf } from '../noise.ts';
import { formatNumber } from '../words.ts';
import type { Found } from './finding.ts';
import { areCoresUsed } from './full-cpu.ts';
import type { Rule } from './rule.ts';
import { evidenceOf, isDifferenceCarried, type Scene } from './scene.ts';
import {
  familyOf,
  INSTANCES,
  instancesOf,
  MAX_BATCH_SIZE,
  plateauOf,
  type Setting,
} from './setting-family.ts';

/** It pays when the last step gained so much for sure, percent. */
const PAYS = 5;

export const edgeOfRange: Rule = {
  name: 'edge-of-range',
  kind: 'gain',
  speaks:
    'the best configuration has the most instances, or the largest max_batch_size, of all that were tried, and the last step up still gained 5 % or more for sure, all else alike; not of instances on cores that are used up',
  find(scene) {
    const found = [
      // More instances on the same cores share what there is.
      instancesOf(scene.shown.trial)?.kind === 'CPU' && areCoresUsed(scene)
        ? undefined
        : edgeOf(
            scene,
            INSTANCES,
            (value) => `the most instances that were tried (instance_group: ${value})`,
          ),
      edgeOf(scene, MAX_BATCH_SIZE, (value) => `the largest max_batch_size that was tried (${value})`),
    ].filter((item) => item !== undefined);
    return found.toSorted((a, b) => b.worth - a.worth)[0];
  },
};

function edgeOf(scene: Scene, setting: Setting, whatOf: (value: number) => string): Found | undefined {
  const { shown, ranking } = scene;
  const family = familyOf(scene, setting);
  const at = family.findIndex(({ entry }) => entry === shown);
  const [before, last] = [family[at - 1], family[at]];
  // Where fewer do as well, what the last step gains makes up for a loss before it.
  if (!before || !last || plateauOf(scene, family)) return undefined;
  const [old, now] = [before.entry.best.measurement, shown.best.measurement];
  // More was tried: it was worse, elsewhere, or did not work.
  const isMore = (trial: Trial): boolean => (setting.valueOf(trial) ?? 0) > last.value;
  if ([...ranking.entries.map(({ trial }) => trial), ...ranking.unmeasured].some(isMore)) return undefined;
  if (isClientBound(old) || isClientBound(now) || !isDifferenceCarried(shown, before.entry, scene))
    return undefined;
  const { objectives } = ranking.goal;
  const gain = gainOf(now, old, objectives, ranking.noise);
  if (!gain || gain.assumed.length > 0 || gain.low < PAYS) return undefined;
  return {
    text: `The best has ${whatOf(last.value)}, and still gains ${formatNumber(gain.percent)} % (${gainRange(gain)}) over ${before.value}, all else alike: try more.`,
    evidence: [before, last].map(({ entry }) =>
      evidenceOf(
        entry,
        entry.best.measurement,
        objectives.map(({ tag }) => tag),
      ),
    ),
    worth: Math.min(1, gain.percent / 100),
  };
}
