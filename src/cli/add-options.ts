import type { Command } from 'commander';
import {
  type CommandLine,
  type Command as CommandName,
  OPTIONS,
  type Option,
  type OptionKey,
} from '../index.ts';
import { COMMON, groupOf, inGroups } from './help-groups.ts';

const entries = Object.entries(OPTIONS) as [OptionKey, Option][];

/** Adds the options of a command from the table; those without effect and those that are not there are known and not listed. */
export function addOptions(command: Command, name: CommandName): Command {
  for (const [key, option] of inGroups(entries.filter(([, item]) => item.commands.includes(name)))) {
    if (!option.flags) continue;
    const flags = option.value ? `${option.flags} <${option.value}>` : option.flags;
    const help = option.fallback ? `${option.help} (default: ${option.fallback})` : option.help;
    const added = command.createOption(flags, help);
    if (option.repeatable) added.argParser((typed: string, before: string[] = []) => [...before, typed]);
    if (option.withoutEffect ?? option.refused) added.hideHelp();
    command.addOption(added.helpGroup(groupOf(key)));
  }
  return command.optionsGroup(COMMON).helpOption('-h, --help', 'print this help');
}

/** What commander parsed, under the keys of the table. */
export function commandLineOf(parsed: Readonly<Record<string, unknown>>): CommandLine {
  const given: Partial<Record<OptionKey, string | boolean | string[]>> = {};
  for (const [key] of entries) {
    const value = parsed[key.replace(/_(\w)/g, (_match, letter: string) => letter.toUpperCase())];
    if (typeof value === 'string' || typeof value === 'boolean' || Array.isArray(value)) given[key] = value;
  }
  return given;
}
