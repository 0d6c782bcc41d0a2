import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { lowestVersion } from '../../scripts/lowest-node.ts';

test('the start refuses the versions of Node that package.json does not name, and names the lowest', () => {
  const { engines } = JSON.parse(readFileSync('package.json', 'utf8'));
  const [major, minor] = lowestVersion().split('.');
  expect(engines.node).toBe(`^${major}.${minor}.0 || >=24.0.0`);
  const main = readFileSync('src/cli/main.ts', 'utf8');
  expect(main).toContain(`major < ${major} || (major === ${major} && minor < ${minor}) || major === 23`);
  expect(main).toContain(`tma needs Node ${major}.${minor} or later, or 24`);
  expect(readFileSync('README.md', 'utf8')).toContain(`With Node ${major}.${minor} or later`);
});
