import { median } from 'simple-statistics';

/** Values that are averaged before the rule looks at them (the 5 of MSER-5). */
const BATCH = 5;

/**
 * How many values at the start are warm-up, by MSER-5 (White 1997): of all places to cut, the one that leaves the
 * smallest standard error of the mean of what follows. Cuts in the second half are not considered, as few values
 * look steady by chance. Nor are cuts that leave out what is on the whole as the end is: that is no warm-up but a
 * stall, which MSER would cut off with everything before it.
 * @returns the number of values to leave out, and whether the best cut was the last that was considered: then the
 *   whole may still be warming up.
 */
export function warmUpOf(values: readonly number[]): { cut: number; late: boolean } {
  const means: number[] = [];
  for (let start = 0; start + BATCH <= values.length; start += BATCH) {
    means.push(values.slice(start, start + BATCH).reduce((sum, value) => sum + value, 0) / BATCH);
  }
  const last = Math.floor(means.length / 2);
  const end = means.slice(-Math.ceil(means.length / 3));
  let best = { cut: 0, score: Number.POSITIVE_INFINITY };
  let [sum, squares] = [0, 0];
  for (let start = means.length - 1; start >= 0; start--) {
    sum += means[start]!;
    squares += means[start]! ** 2;
    const count = means.length - start;
    if (start > last || count < 2 || (start > 0 && isLike(means.slice(0, start), end))) continue;
    const score = (squares - sum ** 2 / count) / count ** 2;
    // Of cuts with equal scores the one that leaves more of the values.
    if (score <= best.score * (1 + 1e-9)) best = { cut: start, score };
  }
  return { cut: best.cut * BATCH, late: last > 0 && best.cut === last };
}

/** Whether values are on the whole as those of the end. */
function isLike(values: readonly number[], end: readonly number[]): boolean {
  const middle = median([...values]);
  return middle >= Math.min(...end) && middle <= Math.max(...end);
}
