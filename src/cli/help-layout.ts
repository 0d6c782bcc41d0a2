import { type Command, Help } from 'commander';

/** Columns that what an option says must have beside its name. */
const LEAST_BESIDE = 40;
/** Columns of the names where the longest leaves less; a longer name has a line of its own. */
const NAMES = 26;
/** Before a name, and between it and what it says. */
const GAP = '  ';

const widthOf = (helper: Help): number => helper.helpWidth ?? 80;

/** Columns of the names: as many as the longest takes, where what is said beside it has room. */
export function padWidth(command: Command, helper: Help): number {
  const longest = new Help().padWidth(command, helper);
  return widthOf(helper) - longest - 2 * GAP.length < LEAST_BESIDE ? Math.min(longest, NAMES) : longest;
}

/**
 * A name and what it says, between words in lines of the terminal's width. commander itself does not
 * break what has less than 40 columns beside the longest name, and the terminal would do so within words.
 */
export function formatItem(name: string, columns: number, says: string, helper: Help): string {
  if (says === '') return GAP + name;
  const indent = GAP.length * 2 + columns;
  const lines = helper.boxWrap(says, Math.max(widthOf(helper) - indent, helper.minWidthToWrap)).split('\n');
  const hasOwnLine = helper.displayWidth(name) > columns;
  const beside = hasOwnLine ? [] : [`${GAP}${name.padEnd(columns)}${GAP}${lines.shift()}`];
  return [...(hasOwnLine ? [GAP + name] : beside), ...lines.map((line) => ' '.repeat(indent) + line)].join(
    '\n',
  );
}
