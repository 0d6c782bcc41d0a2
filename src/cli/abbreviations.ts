import type { Command, CommanderError } from 'commander';
import { userError } from '../ground/errors.ts';

/**
 * A command line as commander reads it: its command first, `profile` where none is named, and what stood before it
 * behind it (`-v profile`); long flags written out, as with Model Analyzer a flag may be cut short where that is clear
 * (`--output-model-repository`), and `_` stands for `-`.
 * @throws UserError when a short form could be several flags.
 */
export function writeOutFlags(args: readonly string[], program: Command): string[] {
  const { front, name, rest } = arranged(args, program);
  const command = program.commands.find(isNamed(name));
  if (name === undefined || !command) return [...args];
  const known = [...command.options.map(({ long }) => long), '--help'].filter((flag) => flag !== undefined);
  const written = rest.map((arg) => {
    if (!arg.startsWith('--')) return arg;
    const [, typed = arg, value = ''] = /^(--[^=]+)(=.*)?$/s.exec(arg) ?? [];
    return writeOut(typed, known) + value;
  });
  return [...front, name, ...written];
}

/** The name of the command that is meant, also by `tma help report`; undefined where it is none of them. */
export function commandMeant(args: readonly string[], program: Command): string | undefined {
  const { name, rest } = arranged(args, program);
  return name === 'help' ? rest[0] : name;
}

/** How much is said; it may stand before the command. */
const LOUDNESS = new Map([
  ['-q', '--quiet'],
  ['--quiet', '--quiet'],
  ['-v', '--verbose'],
  ['--verbose', '--verbose'],
]);
const MODES = ['online', 'offline'];
const ABOUT = ['-h', '--help', '--version'];

/** The command, what belongs before it (the mode), and everything else; without a name where none is meant. */
function arranged(
  args: readonly string[],
  program: Command,
): { front: string[]; name: string | undefined; rest: string[] } {
  const isName = (arg: string): boolean => program.commands.some(isNamed(arg));
  const front: string[] = [];
  const loud: string[] = [];
  let at = 0;
  for (; at < args.length; at++) {
    const arg = args[at]!;
    const isMode = arg === '-m' || arg === '--mode';
    if (LOUDNESS.has(arg)) loud.push(LOUDNESS.get(arg)!);
    else if (arg.startsWith('--mode=')) front.push(arg);
    else if (isMode && (MODES.includes(args[at + 1] ?? '') || args.slice(at + 2).some(isName)))
      front.push(arg, args[++at] ?? '');
    else break;
  }
  const first = args[at];
  if (first === undefined || ABOUT.includes(first)) return { front: [...args], name: undefined, rest: [] };
  // Behind flags a word may be the value of one, but for a word that is a command.
  const named = first.startsWith('-') ? args.findIndex((arg, index) => index > at && isName(arg)) : at;
  const name = named < 0 ? 'profile' : args[named]!;
  const command = program.commands.find(isNamed(name));
  const knows = (flag: string): boolean => command?.options.some(({ long }) => long === flag) === true;
  const behind = named < 0 ? args.slice(at) : [...args.slice(at, named), ...args.slice(named + 1)];
  return { front, name, rest: [...loud.filter(knows), ...behind] };
}

/** Whether a command has this name, or this other name. */
export const isNamed =
  (name: string | undefined) =>
  (command: Command): boolean =>
    name !== undefined && [command.name(), ...command.aliases()].includes(name);

/** The flag that is meant; what fits none is left to whoever tells of unknown flags. */
function writeOut(typed: string, known: readonly string[]): string {
  if (known.includes(typed)) return typed;
  const flag = typed.replace(/(?<=\w)_/g, '-');
  if (known.includes(flag)) return flag;
  const candidates = known.filter((name) => name.startsWith(flag));
  if (candidates.length > 1)
    throw userError(`${typed} could be ${candidates.join(', ')}`, 'write more of the one that is meant');
  return candidates[0] ?? typed;
}

/**
 * A command line without the flag that a command does not know, or that lacks its value, so that it can be read on; undefined
 * where something else is wrong, or it can't be told what is to be left out.
 */
export function withoutMistake(
  args: readonly string[],
  { code, message }: Pick<CommanderError, 'code' | 'message'>,
  { registeredArguments }: Pick<Command, 'registeredArguments'>,
): string[] | undefined {
  if (!['commander.unknownOption', 'commander.optionMissingArgument'].includes(code)) return undefined;
  const flags = /option '([^']*)'/.exec(message)?.[1]?.split(/, | /) ?? [];
  const at = args.findIndex((arg) => flags.some((flag) => arg === flag || arg.startsWith(`${flag}=`)));
  if (at < 0) return undefined;
  const value = args[at + 1];
  // Where the command takes no words of its own, a word behind the flag is its value.
  const isValue =
    value !== undefined &&
    !value.startsWith('-') &&
    !args[at]!.includes('=') &&
    registeredArguments.length === 0;
  return [...args.slice(0, at), ...args.slice(at + (isValue ? 2 : 1))];
}
