import { noGainText, plateauEvidence } from './plateau-words.ts';
import type { Rule } from './rule.ts';
import { familyOf, MAX_BATCH_SIZE, plateauOf } from './setting-family.ts';

export const idleBatchSize: Rule = {
  name: 'idle-batch-size',
  kind: 'saving',
  speaks:
    'from some max_batch_size on, a larger one measured less than 2 % better, and is less than 8 % better within the noise, all else alike',
  find(scene) {
    const family = familyOf(scene, MAX_BATCH_SIZE).filter(({ value }) => value > 0);
    const plateau = plateauOf(scene, family);
    if (!plateau) return undefined;
    const { from, to } = plateau;
    return {
      text: `A max_batch_size above ${from.value} gains nothing: with ${to.value} ${noGainText(plateau, scene)}.`,
      evidence: plateauEvidence(plateau, scene, ['perf_executed_batch']),
      worth: 0.05,
    };
  },
};
