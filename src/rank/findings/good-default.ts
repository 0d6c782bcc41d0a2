import { counted } from '../../ground/wording.ts';
import { isClientBound } from '../../record/measurement.ts';
import { LEAST_GAIN } from '../decision.ts';
import { gainText } from '../gain-words.ts';
import { gainOver } from '../rank.ts';
import type { Rule } from './rule.ts';
import { evidenceOf, isSound, MOST_HIDDEN } from './scene.ts';

export const goodDefault: Rule = {
  name: 'good-default',
  kind: 'saving',
  speaks:
    'the default is kept, and the best of the others measured less than 2 % better, and is less than 8 % better within the noise',
  find({ ranking }) {
    const { decision, entries, default: base, goal, noise } = ranking;
    if (decision.kind !== 'keep' || !base || !isSound(base.best.measurement)) return undefined;
    const others = entries.filter((entry) => entry !== base && entry.best.verdict === 'met');
    const [best] = others;
    // The least that the server can do says nothing of what is better.
    if (
      !best ||
      !isSound(best.best.measurement) ||
      others.some((entry) => isClientBound(entry.best.measurement))
    )
      return undefined;
    const gain = gainOver(best, base, goal, noise);
    if (!gain || gain.assumed.length > 0 || gain.percent >= LEAST_GAIN) return undefined;
    if (gain.high > MOST_HIDDEN) return undefined;
    const tags = goal.objectives.map(({ tag }) => tag);
    return {
      text: `The default is already as good: the best of ${counted(others.length, 'other')}, ${best.trial.name}, is ${gainText(gain)}.`,
      evidence: [base, best].map((entry) => evidenceOf(entry, entry.best.measurement, tags)),
      worth: 0.5,
    };
  },
};
