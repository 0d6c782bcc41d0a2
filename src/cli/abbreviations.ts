import type { Command } from 'commander';
import { userError } from '../errors.ts';

/**
 * A command line with its long flags written out: as with Model Analyzer a flag may be cut short where that is clear
 * (`--output-model-repository`), and `_` stands for `-`.
 * @throws UserError when a short form could be several flags.
 */
export function writeOutFlags(args: readonly string[], program: Command): string[] {
  const at = args.findIndex((arg) => program.commands.some((command) => namesOf(command).includes(arg)));
  const command = program.commands.find((item) => namesOf(item).includes(args[at] ?? ''));
  if (!command) return [...args];
  const known = [...command.options.map(({ long }) => long), '--help'].filter((flag) => flag !== undefined);
  return args.map((arg, index) => {
    if (index <= at || !arg.startsWith('--')) return arg;
    const [, typed = arg, value = ''] = /^(--[^=]+)(=.*)?$/s.exec(arg) ?? [];
    return writeOut(typed, known) + value;
  });
}

const namesOf = (command: Command): string[] => [command.name(), ...command.aliases()];

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
