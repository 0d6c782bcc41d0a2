import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa, execaSync } from 'execa';
import { describe, expect, test } from 'vitest';
import { folder } from '../support/experiment.ts';
import { tma } from '../support/tma.ts';

const isThere = (shell: string): boolean => execaSync(shell, ['--version'], { reject: false }).exitCode === 0;
const shells = { bash: isThere('bash'), zsh: isThere('zsh'), fish: isThere('fish') };
for (const [shell, there] of Object.entries(shells))
  if (!there) console.warn(`skipped: completion in ${shell}, because it is not installed`);

/** How each shell is asked what it would complete: the words of a command line, the last of them unfinished. */
const asking: Readonly<Record<keyof typeof shells, (script: string, words: readonly string[]) => string>> = {
  bash: (script, words) =>
    `source '${script}'; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _tma; printf '%s\\n' "\${COMPREPLY[@]}"`,
  // What would put candidates on the screen prints them.
  zsh: (script, words) =>
    `compdef() { :; }; compadd() { print -l -- "\${@:#--}"; }; _describe() { print -l -- "\${(@P)2%%:*}"; }; _files() { print -l -- *(N); }; _message() { :; }; source '${script}'; words=(${words.map((word) => `'${word}'`).join(' ')}); CURRENT=${words.length}; _tma`,
  fish: (script, words) => `source '${script}'; complete -C '${words.join(' ')}'`,
};

async function completed(shell: keyof typeof shells, ...words: string[]): Promise<string[]> {
  const cwd = folder();
  writeFileSync(join(cwd, 'perf.yaml'), '');
  const { code, out } = await tma(['completion', shell]);
  expect(code).toBe(0);
  writeFileSync(join(cwd, 'script'), out);
  const flags = shell === 'fish' ? ['--no-config'] : shell === 'zsh' ? ['-f'] : ['--norc'];
  const { stdout, stderr } = await execa(
    shell,
    [...flags, '-c', asking[shell](join(cwd, 'script'), ['tma', ...words])],
    { cwd },
  );
  expect(stderr).toBe('');
  return stdout
    .split('\n')
    .map((line) => line.replace(/\t.*/, ''))
    .filter((word) => word.startsWith(words.at(-1) ?? ''));
}

describe.each(Object.keys(shells) as (keyof typeof shells)[])('completion in %s', (shell) => {
  const there = test.skipIf(!shells[shell]);
  there('commands, and commands of commands', async () => {
    expect(await completed(shell, '')).toEqual(
      expect.arrayContaining(['profile', 'plan', 'doctor', 'init', 'completion']),
    );
    expect(await completed(shell, 'install', '')).toEqual(
      expect.arrayContaining(['triton', 'perf-analyzer']),
    );
    expect(await completed(shell, 'completion', '')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']));
  });
  there('flags of the command that is named', async () => {
    const flags = await completed(shell, 'profile', '--');
    expect(flags).toEqual(expect.arrayContaining(['--config-file', '--latency-budget', '--json']));
    expect(flags).not.toContain('--spec');
    expect(await completed(shell, 'trial', '--')).toContain('--spec');
  });
  there('values where there are few', async () => {
    expect((await completed(shell, 'profile', '--patience', '')).sort()).toEqual([
      'normal',
      'quick',
      'thorough',
    ]);
    expect(await completed(shell, 'export', '--format', 'k')).toEqual(['kserve']);
  });
  there('files where one is wanted', async () => {
    expect(await completed(shell, 'profile', '-f', 'p')).toContain('perf.yaml');
  });
});

test('another shell is a mistake', async () => {
  expect(await tma(['completion', 'bsh'])).toMatchObject({
    code: 2,
    error: expect.stringContaining('bash, zsh, fish'),
  });
});
