import { counted, whenText } from '../ground/wording.ts';
import type { ShiftRecord } from '../record/drift.ts';
import { leftDrifted } from '../record/drifted.ts';
import type { RankedEntry, Standings } from './standings.ts';

/** More changes than these are not told one by one. */
const MOST_TOLD = 3;

/**
 * What became of the machine while it was measured, and what that means for the figures; undefined: nothing, or it is not
 * known.
 * @example The machine became 32 % slower between 02:09 and 02:14 UTC; 5 measurements were made again, and 12 points are marked as drifted.
 */
export function driftText(
  standings: Pick<Standings, 'drift' | 'entries' | 'leader' | 'default'>,
): string | undefined {
  const { drift, entries, leader, default: base } = standings;
  if (!drift) return undefined;
  const left = leftDrifted(entries.map(({ trial }) => trial));
  if (drift.shifts.length === 0 && left + drift.again === 0) return undefined;
  const again =
    drift.again > 0
      ? `${counted(drift.again, 'measurement')} ${drift.again === 1 ? 'was' : 'were'} made again`
      : '';
  const marked = left > 0 ? `${counted(left, 'point')} ${left === 1 ? 'is' : 'are'} marked as drifted` : '';
  const what = [again, marked].filter((text) => text !== '').join(', and ');
  return [
    `${drift.shifts.length > 0 ? `The machine ${changesText(drift.shifts)}` : "Other programs had much of this machine's CPU for a while"}${what && `; ${what}`}.`,
    ...(drift.unfinished
      ? [
          'Not all that the verdict needs could be measured again: it goes by the state of the machine in which most was measured.',
        ]
      : []),
    ...(areApart(leader, base)
      ? [
          `${leader!.trial.name} and the default were measured in different states of the machine: what is told of their difference holds that of the machine, too.`,
        ]
      : []),
  ].join(' ');
}

function changesText(shifts: readonly ShiftRecord[]): string {
  if (shifts.length > MOST_TOLD) {
    const most = Math.max(...shifts.map(({ by }) => Math.abs(by)));
    return `changed ${shifts.length} times ${whenText(clockOf(shifts[0]!.after), clockOf(shifts.at(-1)!.before))}, by up to ${percent(most)}`;
  }
  const texts = shifts.map(({ after, before, by }) => {
    const how = Math.round(by * 100) === 0 ? 'another' : `${percent(by)} ${by < 0 ? 'slower' : 'faster'}`;
    return `${how} ${whenText(clockOf(after), clockOf(before))}`;
  });
  return `became ${texts.join(', then ')}`;
}

const percent = (share: number): string => `${Math.round(Math.abs(share) * 100)} %`;

/** `02:14` of an ISO 8601 time. */
const clockOf = (time: string): string => time.slice(11, 16);

/** Whether two configurations were not measured on the machine in one state. */
function areApart(one: RankedEntry | undefined, other: RankedEntry | undefined): boolean {
  if (!one || !other || one === other) return false;
  const [a = 0, b = 0] = [one, other].map(({ best }) => best.measurement.drifted?.by);
  return a !== b;
}
