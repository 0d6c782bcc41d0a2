import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { missingLines, printedCommands, unnamedBlocks } from '../support/printed-commands.ts';

const DOCUMENTS = ['README.md', ...globSync(['docs/*.md', 'examples/**/*.md'])];

test.each(DOCUMENTS)('%s says of each block of code what it is', (file) => {
  expect(unnamedBlocks(file, readFileSync(file, 'utf8'))).toEqual([]);
});

test.each(DOCUMENTS)('%s says why a command is not typed', (file) => {
  const marks = readFileSync(file, 'utf8').match(/<!-- not typed.*$/gm) ?? [];
  expect(marks.filter((mark) => !/^<!-- not typed: \S.{5,} -->$/.test(mark))).toEqual([]);
});

test.each(DOCUMENTS)('%s has no mark that a command lost, and no benchmark without one', (file) => {
  const text = readFileSync(file, 'utf8');
  const commands = printedCommands(file, text);
  const marks = text.match(/<!-- not typed.*$/gm) ?? [];
  const reasons = new Set(
    commands.flatMap(({ why }) => (why === undefined ? [] : [`<!-- not typed: ${why} -->`])),
  );
  expect(marks.filter((mark) => !reasons.has(mark))).toEqual([]);
  const benchmarks = commands.filter(({ text: words }) => words.startsWith('npm run bench:'));
  expect(benchmarks.filter(({ why }) => why === undefined)).toEqual([]);
});

test('commands are lines of sh and what is to be typed in text, with their marks', () => {
  const text = `# Title

Type \`npx tma
plan\`; \`tma report\` is a name.

<!-- not typed: it needs a GPU -->
<!-- typed in: there -->
\`\`\`sh
npm run a

sh b
\`\`\`

\`\`\`yaml
npx: no
\`\`\`

<!-- not typed: minutes -->
| \`npm test\` | x |

and \`npm run b\`.

<!-- output: npm run b -->
\`\`\`text
out
\`\`\`
`;
  const gpu = { folder: 'there', why: 'it needs a GPU' };
  expect(printedCommands('d.md', text)).toEqual([
    { place: 'd.md:3', text: 'npx tma plan', folder: '.' },
    { place: 'd.md:9', text: 'npm run a', ...gpu },
    { place: 'd.md:11', text: 'sh b', ...gpu },
    { place: 'd.md:19', text: 'npm test', folder: '.', why: 'minutes' },
    { place: 'd.md:21', text: 'npm run b', folder: '.', output: ['out'] },
  ]);
  expect(unnamedBlocks('d.md', '\n```\nx\n```\n')).toEqual(['d.md:2']);
});

test('lines without figures are to be there in their order, however wide', () => {
  const output = 'p99  ms   gain\n1 x 3\nreport   a.html\nend\n';
  expect(missingLines(['p99 ms  gain', '2 x 4', '...', 'report a.html'], output)).toEqual([]);
  expect(missingLines(['end', 'p99 ms gain'], output)).toEqual(['p99 ms gain']);
  expect(missingLines(['elsewhere'], output)).toEqual(['elsewhere']);
});
