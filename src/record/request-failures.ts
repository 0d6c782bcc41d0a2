/** What failed requests are counted under. */
export type FailureClass =
  | `HTTP ${number}`
  | `gRPC ${string}`
  | 'connection refused'
  | 'connection closed'
  | 'connection failed'
  | 'malformed answer'
  | 'timeout'
  | 'wrong output';

/** Failed requests of one class, and the words of the first of them. */
export interface FailureCount {
  readonly count: number;
  readonly message: string;
}

/** Failed requests by class. */
export type Failures = Readonly<Record<string, FailureCount>>;

/** Two counts as one; the first words of each class stay. */
export function mergeFailures(a: Failures, b: Failures): Failures {
  const all: Record<string, FailureCount> = { ...a };
  for (const [name, { count, message }] of Object.entries(b)) {
    const known = all[name];
    all[name] = known ? { count: known.count + count, message: known.message } : { count, message };
  }
  return all;
}

export const countFailures = (failures: Failures): number =>
  Object.values(failures).reduce((sum, { count }) => sum + count, 0);

/** The class that most failed requests are of; undefined when none failed. */
export const mainFailure = (failures: Failures): { class: string; message: string } | undefined => {
  const [first] = Object.entries(failures).sort(([, a], [, b]) => b.count - a.count);
  return first && { class: first[0], message: first[1].message };
};
