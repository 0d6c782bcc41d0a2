/** One of several questions that are asked of the same data. */
export interface Question {
  /** How likely a difference as large as the one seen is where there is none. */
  readonly chance: number;
  /** How much it matters among all: its share of the mistakes that are allowed. */
  readonly weight: number;
}

/**
 * Which of several differences are sure, so that with a probability of 95 % none of those that are named is there by
 * chance alone, however many are asked about (Holm 1979, "A simple sequentially rejective multiple test procedure", with
 * weights). In the order of the questions.
 */
export function sureOnes(questions: readonly Question[], most = 0.05): boolean[] {
  const order = questions
    .map((question, index) => ({ ...question, index }))
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => a.chance / a.weight - b.chance / b.weight);
  const sure = questions.map(() => false);
  let left = order.reduce((sum, { weight }) => sum + weight, 0);
  for (const { chance, weight, index } of order) {
    if (chance > (most * weight) / left) break;
    sure[index] = true;
    left -= weight;
  }
  return sure;
}
