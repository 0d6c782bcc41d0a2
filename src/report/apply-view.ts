import { shellWord } from '../ground/wording.ts';
import type { Ranking } from '../rank/rank.ts';
import { diffCopy, diffView } from './diff-view.ts';

/** Where the journal lies, and whether what was decided lies beside the page as a file. */
export interface ApplyOptions {
  readonly checkpointDirectory?: string | undefined;
  /** Whether results/best is written, too. */
  readonly isWritten?: boolean;
}

/** Names of files and folders within an address; half a letter, which none can hold, is a sign of its own. */
export const address = (...parts: readonly string[]): string =>
  parts.map((part) => encodeURIComponent(part.toWellFormed())).join('/');

/** How to serve the model with what was decided: what changes, the whole file, where it lies, the command that hands it over. */
export function applyView(
  { winner, decision, model }: Ranking,
  { checkpointDirectory, isWritten = false }: ApplyOptions,
) {
  if (!winner) return undefined;
  const { trial } = winner;
  const [{ configText, diff: lines }] = trial.models;
  const diff = diffView(lines);
  const from = checkpointDirectory === undefined ? '' : ` -s ${shellWord(checkpointDirectory)}`;
  return {
    name: trial.name,
    heading: decision.kind === 'keep' ? 'Keep' : 'Deploy',
    isDefault: trial.isDefault,
    diff,
    diffText: diffCopy(diff),
    configText,
    composing: trial.composing?.join(', ') ?? '',
    // From reports/summaries/MODEL.
    file:
      isWritten && !trial.composing ? `../../../${address('results', 'best', model, 'config.pbtxt')}` : '',
    command: trial.isDefault ? '' : `tma export${from} --model ${shellWord(model)} --to MODEL_REPOSITORY`,
  };
}
