import { type DiffLine, hunksOf } from '../model-config/diff.ts';

/** A difference as lines with their kind; what lies between two changes is a gap. */
export const diffView = (lines: readonly DiffLine[]): { kind: string; text: string }[] =>
  hunksOf(lines).flatMap((hunk, index) => [
    ...(index > 0 ? [{ kind: 'gap', text: '  ⋯' }] : []),
    ...hunk.map(({ change, text }) => ({
      kind: change === '+' ? 'added' : change === '-' ? 'removed' : 'kept',
      text: `${change} ${text}`,
    })),
  ]);
