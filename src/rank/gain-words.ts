import { type Gain, isDifferent } from './noise.ts';
import { formatNumber } from './words.ts';

/** Where one side of an interval is wider than the other by more than this share of half its width, both ends are told. */
const UNEVEN = 0.2;

const signed = (percent: number): string => `${percent < 0 ? '−' : '+'}${formatNumber(Math.abs(percent))}`;

/** Whether half its width says too little of an interval, or seems to say something else of whether it is more than noise. */
function isUneven(gain: Gain): boolean {
  const { percent, low, high, plusMinus } = gain;
  const isApart = Math.abs(high + low - 2 * percent) > UNEVEN * plusMinus;
  return isApart || Math.abs(percent) > plusMinus !== isDifferent(gain);
}

/** How sure a gain is: `± 18.3`, or `+24.1 to +145` where it is known so badly that the sides differ. */
export const gainRange = (gain: Gain): string =>
  isUneven(gain) ? `${signed(gain.low)} to ${signed(gain.high)}` : `± ${formatNumber(gain.plusMinus)}`;

/** `+85.2 % ± 18.3`, or `+74.4 %, +24.1 to +145`. */
export const gainWithRange = (gain: Gain): string =>
  `${signed(gain.percent)} %${isUneven(gain) ? ',' : ''} ${gainRange(gain)}`;

/** `85.2 % (± 18.3) better`. */
export const gainText = (gain: Gain): string =>
  `${formatNumber(Math.abs(gain.percent))} % (${gainRange(gain)}) ${gain.percent >= 0 ? 'better' : 'worse'}`;
