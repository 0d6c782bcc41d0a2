import {
  backArrows,
  circles,
  functionsOf,
  importsOf,
  namesakes,
  roundIndex,
  sources,
  stepOf,
} from './structure/imports.ts';

/**
 * Prints what the shape of src/ must not have: circles among files, imports that point to a later step, imports of
 * cli/ and terminal/ that go round index.ts, files that lie loose, files of one name. Types are imports like any other.
 * Ends with 1 when there is one.
 */
const LONG_FUNCTION = 100;

const files = sources();
const imports = importsOf(files);
const round = circles(files, imports);
const back = backArrows(imports);
const past = roundIndex(imports);
const loose = files.filter((file) => stepOf(file) === undefined);
const namesake = namesakes(files);
const functions = files.filter((file) => !file.includes('/gen/')).flatMap(functionsOf);
const [longest] = functions.toSorted((a, b) => b.lines - a.lines);

console.log(`${files.length} files, ${imports.length} imports`);
console.log(`${round.length} circles`);
for (const members of round) console.log(`  ${members.join(', ')}`);
console.log(`${back.length} imports of a later step`);
for (const { from, to } of back) console.log(`  ${from} -> ${to}`);
console.log(`${past.length} imports round index.ts`);
for (const { from, to } of past) console.log(`  ${from} -> ${to}`);
console.log(`${loose.length} loose files`);
for (const file of loose) console.log(`  ${file}`);
console.log(`${namesake.length} names twice`);
for (const members of namesake) console.log(`  ${members.join(', ')}`);
console.log(
  `longest function: ${longest?.name}, ${longest?.lines} lines (src/${longest?.file}:${longest?.line})`,
);
for (const { file, line, name, lines } of functions)
  if (lines > LONG_FUNCTION) console.log(`  over ${LONG_FUNCTION}: ${name} ${lines} src/${file}:${line}`);
if (round.length + back.length + past.length + loose.length + namesake.length > 0) process.exitCode = 1;
