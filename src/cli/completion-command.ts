import { Argument, type Command } from 'commander';
import type { Call } from './command-call.ts';
import { completableOf, SHELLS, type Shell, scriptFor } from './completion-script.ts';

/** `tma completion`: prints the script of a shell. */
export function addCompletion(command: Command, { process, everything }: Call): void {
  command
    .addArgument(new Argument('<SHELL>', 'the shell').choices(SHELLS))
    .addHelpText('after', HOW)
    .action(async (shell: Shell) => {
      process.stdout.write(scriptFor(shell, completableOf(await everything())));
    });
}

const HOW = `
bash:  tma completion bash > ~/.local/share/bash-completion/completions/tma
zsh:   tma completion zsh > "\${fpath[1]}/_tma"
fish:  tma completion fish > ~/.config/fish/completions/tma.fish`;
