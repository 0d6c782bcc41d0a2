/** A line of text, as a share of a figure's height. */
const LABEL_HEIGHT = 0.055;

/**
 * Labels of a figure that is `most` of its unit high, moved up until none lies on another.
 * @param height of a label, as a share of the figure's.
 */
export function spread<T extends { labelAt: number }>(
  labels: readonly T[],
  most: number,
  height = LABEL_HEIGHT,
): T[] {
  const gap = most * height;
  let last = Number.NEGATIVE_INFINITY;
  return labels
    .toSorted((a, b) => a.labelAt - b.labelAt)
    .map((label) => {
      last = Math.max(label.labelAt, last + gap);
      return { ...label, labelAt: last };
    });
}
