import { parseArgs } from 'node:util';
import {
  type Attacked,
  attackAll,
  DISTURBANCES,
  type DisturbanceName,
  rehearse,
} from '../test/faults/attack.ts';

/**
 * Kills, interrupts and stops a small run on the real server at random moments, and looks at what is left and lost.
 *
 *   npm run faults                                60 kills and 20 of each other kind
 *   npm run faults -- kill --times 5 --seed 7
 *   npm run faults -- kill --seed 7 --case 3      one of them again
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    times: { type: 'string' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    case: { type: 'string' },
    jobs: { type: 'string', default: '1' },
  },
});
const TIMES: Partial<Record<DisturbanceName, number>> = { kill: 60 };
const OTHERS = 20;
const seed = Number(values.seed);
const all = Object.keys(DISTURBANCES) as DisturbanceName[];
const names = positionals.length > 0 ? (positionals as DisturbanceName[]) : all;
const unknown = names.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`no such kind: ${unknown.join(', ')}; there are ${all.join(', ')}`);
  process.exit(2);
}

const numbersOf = (name: DisturbanceName): number[] =>
  values.case === undefined
    ? Array.from({ length: Number(values.times ?? TIMES[name] ?? OTHERS) }, (_, number) => number)
    : [Number(values.case)];

console.log(`seed ${seed}`);
const whole = await rehearse('whole');
console.log(
  `an undisturbed run takes ${whole.seconds.toFixed(1)} s and measures ${whole.points.length} points`,
);
const planned = names.flatMap((name) => numbersOf(name).map((number) => ({ name, number })));
const counts = new Map<DisturbanceName, { done: number; wrong: number }>();
const tell = ({ name, number, atS, end, told, kept, wrong }: Attacked): void => {
  const count = counts.get(name) ?? { done: 0, wrong: 0 };
  counts.set(name, { done: count.done + 1, wrong: count.wrong + (wrong.length > 0 ? 1 : 0) });
  const facts = `at ${atS.toFixed(2)} s, end ${end}, ${told} points told of, ${kept} kept`;
  console.log(`${wrong.length > 0 ? 'WRONG' : 'well '} ${name} --seed ${seed} --case ${number}: ${facts}`);
  for (const what of wrong) console.log(`  ${what}`);
};
await attackAll(planned, { seed, jobs: Number(values.jobs), whole }, tell);
for (const [name, { done, wrong }] of counts) console.log(`${name}: ${done} times, ${wrong} wrong`);
if ([...counts.values()].some(({ wrong }) => wrong > 0)) process.exitCode = 1;
