import { formatBytes } from '../../ground/wording.ts';
import { noGainText, plateauEvidence } from './plateau-words.ts';
import type { Rule } from './rule.ts';
import { familyOf, INSTANCES, memoryBetween, plateauOf } from './setting-family.ts';

export const idleInstances: Rule = {
  name: 'idle-instances',
  kind: 'saving',
  speaks:
    'from some number of instances on, more measured less than 2 % better, and are less than 8 % better within the noise, all else alike',
  find(scene) {
    const plateau = plateauOf(scene, familyOf(scene, INSTANCES));
    if (!plateau) return undefined;
    const { from, to } = plateau;
    const memory = memoryBetween(from, to);
    const cost = memory ? `, and cost ${formatBytes(memory.bytes)} of ${memory.what}` : '';
    return {
      text: `${to.value} instances instead of ${from.value} (instance_group) gain nothing${cost}: ${noGainText(plateau, scene)}.`,
      evidence: plateauEvidence(plateau, scene, memory ? [memory.tag] : []),
      worth: memory?.share ?? 0.05,
    };
  },
};
