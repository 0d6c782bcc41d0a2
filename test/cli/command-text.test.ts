import { describe, expect, test } from 'vitest';
import { commandText, reportCommandOf, typedNote } from '../../src/cli/command-text.ts';
import type { Process } from '../../src/cli/process.ts';

describe('commands that are printed can be typed', () => {
  test.each([
    [['tma', 'report', '-e', '/a b'], "tma report -e '/a b'"],
    [['x', "it's", '$HOME', ''], `x 'it'\\''s' '$HOME' ''`],
    [['-s', './out/ck', '--n=1,2'], '-s ./out/ck --n=1,2'],
  ])('%j', (words, text) => {
    expect(commandText(words)).toBe(text);
  });

  const process = { cwd: () => '/home/me' } as unknown as Process;
  test.each([
    ['/home/me/tma-out/checkpoints', '/home/me/tma-out', 'online', 'tma report'],
    ['/home/me/w/ck', '/data/out dir', 'offline', "tma -m offline report -s w/ck -e '/data/out dir'"],
    ['/home/me', '/home/me/out', 'online', 'tma report -s . -e out'],
  ] as const)('a report of what lies in %s and %s', (checkpointDirectory, exportPath, mode, text) => {
    const words = reportCommandOf(process, { checkpointDirectory, exportPath, mode });
    expect(commandText(words)).toBe(text);
    expect(typedNote('then `tma report` makes it', words)).toBe(`then \`${text}\` makes it`);
  });
});
