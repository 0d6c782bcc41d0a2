import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Campaign, campaign } from '../test/fuzz/campaign.ts';
import { TARGETS } from '../test/fuzz/targets.ts';
import { randomOf } from '../test/support/random.ts';

/**
 * Tries everything that reads what others wrote with changed inputs, and says what went wrong.
 *
 *   npm run fuzz                                all kinds, 100,000 cases each
 *   npm run fuzz -- journal --cases 5000 --seed 7
 *   npm run fuzz -- journal --seed 7 --case 123  one case again, with its stack
 *   npm run fuzz -- journal --input FILE         a file as the input
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    cases: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    case: { type: 'string' },
    input: { type: 'string' },
    jobs: { type: 'string', default: '2' },
  },
});
const seed = Number(values.seed);
const kinds = positionals.length > 0 ? positionals : Object.keys(TARGETS);
const unknown = kinds.filter((kind) => !(kind in TARGETS));
if (unknown.length > 0) {
  console.error(`no such kind: ${unknown.join(', ')}; there are ${Object.keys(TARGETS).join(', ')}`);
  process.exit(2);
}

if (values.case !== undefined || values.input !== undefined) await tryOne(kinds[0]!);
else await tryMany();

/** One input again, in this process: what is thrown is seen as it is. */
async function tryOne(kind: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tma-fuzz-'));
  const target = await (await TARGETS[kind]!())(folder);
  const input =
    values.input === undefined
      ? target.make(randomOf(seed, Number(values.case)))
      : readFileSync(values.input);
  console.log(input.length > 4000 ? `${input.length} bytes` : input.toString());
  try {
    await target.run(input);
    console.log('accepted');
  } catch (error) {
    console.log(target.isOurs(error) ? 'refused:' : 'WRONG:', error);
    if (!target.isOurs(error)) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  // Some targets have a server of their own that would keep the process.
  process.exit();
}

async function tryMany(): Promise<void> {
  console.log(`seed ${seed}`);
  const waiting = [...kinds];
  const work = async (): Promise<void> => {
    for (let kind = waiting.shift(); kind !== undefined; kind = waiting.shift()) {
      tell(await campaign(kind, seed, Number(values.cases)));
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, work));
}

function tell(done: Campaign): void {
  const { kind, cases, accepted, refused, findings, slowestMs, slowest, peakMB, seconds } = done;
  console.log(
    `${kind}: ${cases} cases in ${seconds.toFixed(0)} s, ${accepted} accepted, ${refused} refused, ` +
      `${findings.length} findings; the slowest ${slowestMs.toFixed(0)} ms (case ${slowest}), at most ${peakMB.toFixed(0)} MB`,
  );
  if (findings.length === 0) return;
  process.exitCode = 1;
  mkdirSync('fuzz-findings', { recursive: true });
  for (const { signature, number, times, stack, input } of findings.toSorted((a, b) => b.times - a.times)) {
    const file = join('fuzz-findings', `${kind}-${seed}-${number}`);
    writeFileSync(file, input);
    console.log(`  ${times} x ${signature}`);
    console.log(`    npm run fuzz -- ${kind} --seed ${seed} --case ${number}, made smaller: --input ${file}`);
    const where = stack
      .split('\n')
      .filter((line) => line.includes('/src/'))
      .slice(0, 3);
    for (const line of where) console.log(`    ${line.trim()}`);
  }
}
