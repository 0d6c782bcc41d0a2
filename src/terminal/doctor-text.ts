import { styleText } from 'node:util';
import type { Check } from '../index.ts';
import { ENDLESS, labelled } from './fit.ts';

const SIGNS = { ok: styleText('green', '✓'), missing: styleText('red', '✗'), absent: '-' } as const;
const LABEL = 17;

/** A line for each thing that was looked at: a tick, or what is wrong and what to do. */
export const doctorText = (checks: readonly Check[], columns = ENDLESS): string =>
  [
    ...checks.map(({ name, state, text, fix }) => {
      const help = fix === undefined ? '' : `\n${state === 'absent' ? 'to have it: ' : ''}${fix}`;
      return labelled(`${SIGNS[state]} ${name}`, `${text}${help}`, columns, LABEL);
    }),
    '',
    endText(checks),
  ].join('\n');

function endText(checks: readonly Check[]): string {
  const missing = checks.filter(({ state }) => state === 'missing');
  if (missing.length === 0) return styleText('green', 'Everything that is needed is there.');
  const names = missing.map(({ name }) => name).join(', ');
  return styleText('red', `Missing: ${names}. What to do stands above.`);
}
