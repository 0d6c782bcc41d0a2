import type { Command, Option } from 'commander';
import { OPTIONS, type OptionKey } from '../index.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** What may stand behind a flag: nothing, a path, one of few words, or something else. */
type Value =
  | { readonly kind: 'none' | 'path' | 'other' }
  | { readonly kind: 'words'; readonly words: readonly string[] };

interface Flag {
  /** `-f` and `--config-file`. */
  readonly names: readonly string[];
  readonly about: string;
  readonly value: Value;
}

interface Named {
  readonly names: readonly string[];
  readonly about: string;
  readonly flags: readonly Flag[];
  /** Words that may stand behind it: commands of its own, the shells of `completion`. */
  readonly words: readonly string[];
  /** Whether paths may stand behind it without a flag. */
  readonly paths: boolean;
}

/** All that can be completed. */
export interface Completable {
  readonly flags: readonly Flag[];
  readonly commands: readonly Named[];
}

/** What a program with all its options loaded has. */
export const completableOf = (program: Command): Completable => ({
  flags: flagsOf(program),
  commands: [...program.commands.map(namedOf), HELP(program)],
});

const HELP = (program: Command): Named => ({
  names: ['help'],
  about: 'print the help of a command',
  flags: [],
  words: program.commands.map((command) => command.name()),
  paths: false,
});

const namedOf = (command: Command): Named => ({
  names: [command.name(), ...command.aliases()],
  about: firstSentence(command.description()),
  flags: flagsOf(command),
  words: [
    ...command.commands.map((inner) => inner.name()),
    ...command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
  ],
  paths: command.registeredArguments.some(({ argChoices }) => argChoices === undefined),
});

const flagsOf = (command: Command): Flag[] => [
  ...command.options
    .filter(({ hidden }) => !hidden)
    .map((option) => ({
      names: [option.short, option.long].filter((name) => name !== undefined),
      about: firstSentence(option.description),
      value: taken(option),
    })),
  { names: ['-h', '--help'], about: 'print this help', value: { kind: 'none' } },
];

function taken({ long, flags, argChoices, required, optional }: Option): Value {
  if (!required && !optional) return { kind: 'none' };
  const words = argChoices ?? choicesOf(long?.slice(2).replaceAll('-', '_'));
  if (words) return { kind: 'words', words };
  return { kind: /<(FILE|DIR|DIRS|FILES\.\.\.|BASE)>/.test(flags) ? 'path' : 'other' };
}

/** The words that the table of options allows, where they are few. */
function choicesOf(key: string | undefined): readonly string[] | undefined {
  const option = key !== undefined && Object.hasOwn(OPTIONS, key) ? OPTIONS[key as OptionKey] : undefined;
  const json = (option?.schema.meta() ?? {}) as {
    enum?: readonly string[];
    anyOf?: readonly { enum?: readonly string[] }[];
  };
  return json.enum ?? json.anyOf?.find((item) => item.enum)?.enum;
}

const firstSentence = (text: string): string => text.split(/[;(:]/)[0]!.trim().replaceAll(/\s+/g, ' ');

/** The script that a shell reads. */
export function scriptFor(shell: Shell, what: Completable): string {
  switch (shell) {
    case 'bash':
      return bashScript(what);
    case 'zsh':
      return zshScript(what);
    case 'fish':
      return fishScript(what);
  }
}

/** A word in single quotes, as all three shells take it. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
const list = (words: readonly string[]): string => quoted(words.join(' '));
const isValued = ({ value }: Flag): boolean => value.kind !== 'none';

/** `'profile --patience'|'analyze --patience'` */
const pattern = (commands: readonly string[], names: readonly string[]): string =>
  commands.flatMap((command) => names.map((name) => quoted(`${command} ${name}`))).join('|');

/** Every flag with a value, of tma itself and of each command. */
const valued = ({ flags, commands }: Completable): { commands: readonly string[]; flag: Flag }[] => [
  ...flags.filter(isValued).map((flag) => ({ commands: [''], flag })),
  ...commands.flatMap(({ names, flags: own }) =>
    own.filter(isValued).map((flag) => ({ commands: names, flag })),
  ),
];

function bashScript(what: Completable): string {
  const values = valued(what).map(({ commands, flag: { names, value } }) => {
    const reply =
      value.kind === 'words'
        ? `COMPREPLY=($(compgen -W ${list(value.words)} -- "$current"))`
        : value.kind === 'path'
          ? '_tma_paths'
          : 'COMPREPLY=()';
    return `    ${pattern(commands, names)}) ${reply}; return ;;`;
  });
  const names = what.commands.flatMap((command) => command.names);
  const own = what.commands.map(({ names: own, flags, words, paths }) => {
    const all = [...words, ...flags.flatMap((flag) => flag.names)];
    const reply = `COMPREPLY=($(compgen -W ${list(all)} -- "$current"))`;
    return `    ${own.join('|')}) ${paths ? `[[ $current == -* ]] && ${reply} || _tma_paths` : reply} ;;`;
  });
  return `# Completion of tma for bash, as tma completion bash prints it.
_tma_paths() {
  local path
  COMPREPLY=()
  while IFS= read -r path; do COMPREPLY+=("$path"); done < <(compgen -f -- "$current")
  compopt -o filenames 2>/dev/null
}
_tma() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command='' word
  # --flag=value comes as three words.
  if [[ $current == '=' ]]; then current=''
  elif [[ $previous == '=' ]]; then previous=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in ${names.join('|')}) command=$word; break ;; esac
  done
  case "$command $previous" in
${values.join('\n')}
  esac
  case $command in
    '') COMPREPLY=($(compgen -W ${list([...names, ...what.flags.flatMap((flag) => flag.names)])} -- "$current")) ;;
${own.join('\n')}
  esac
}
complete -F _tma tma
`;
}

function zshScript(what: Completable): string {
  const described = (names: readonly string[], about: string): string[] =>
    names.map((name) => quoted(`${name.replaceAll(':', '\\:')}:${about}`));
  const listOf = (items: readonly (readonly [readonly string[], string])[]): string =>
    items.flatMap(([names, about]) => described(names, about)).join(' ');
  const flagList = (flags: readonly Flag[]): string =>
    listOf(flags.map(({ names, about }) => [names, about]));
  const values = valued(what).map(({ commands, flag: { names, value } }) => {
    const reply =
      value.kind === 'words'
        ? `compadd -- ${value.words.map(quoted).join(' ')}`
        : value.kind === 'path'
          ? '_files'
          : '_message value';
    return `    ${pattern(commands, names)}) ${reply}; return ;;`;
  });
  const all = what.commands.flatMap(({ names }) => names);
  const own = what.commands.map(({ names, flags, words, paths }) => {
    const more = [
      ...(words.length > 0 ? [`compadd -- ${words.map(quoted).join(' ')}`] : []),
      ...(paths ? ['_files'] : []),
    ].map((line) => `; ${line}`);
    return `    ${names.join('|')}) items=(${flagList(flags)}); _describe option items${more.join('')} ;;`;
  });
  return `#compdef tma
# Completion of tma for zsh, as tma completion zsh prints it.
_tma() {
  local command='' word previous=$words[CURRENT-1]
  local -a items
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case $word in ${all.join('|')}) command=$word; break ;; esac
  done
  case "$command $previous" in
${values.join('\n')}
  esac
  case $command in
    '') items=(${listOf(what.commands.map(({ names, about }) => [names, about]))} ${flagList(what.flags)}); _describe command items ;;
${own.join('\n')}
  esac
}
if [[ $funcstack[1] == _tma ]]; then _tma "$@"; else compdef _tma tma; fi
`;
}

function fishScript({ flags, commands }: Completable): string {
  const all = commands.flatMap(({ names }) => names).join(' ');
  const none = `not __fish_seen_subcommand_from ${all}`;
  const line = (when: string, { names, about, value }: Flag): string => {
    const flag = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
    const takes =
      value.kind === 'words'
        ? [`-x -a ${list(value.words)}`]
        : value.kind === 'path'
          ? ['-r -F']
          : value.kind === 'other'
            ? ['-x']
            : [];
    return ['complete -c tma', `-n ${quoted(when)}`, ...flag, ...takes, `-d ${quoted(about)}`].join(' ');
  };
  return [
    '# Completion of tma for fish, as tma completion fish prints it.',
    'complete -c tma -f',
    ...flags.map((flag) => line(none, flag)),
    ...commands.flatMap(({ names, about, flags: own, words, paths }) => {
      const seen = `__fish_seen_subcommand_from ${names.join(' ')}`;
      return [
        ...names.map((name) => `complete -c tma -n ${quoted(none)} -a ${name} -d ${quoted(about)}`),
        ...own.map((flag) => line(seen, flag)),
        ...(words.length > 0 ? [`complete -c tma -n ${quoted(seen)} -a ${list(words)}`] : []),
        ...(paths ? [`complete -c tma -n ${quoted(seen)} -F`] : []),
      ];
    }),
    '',
  ].join('\n');
}
