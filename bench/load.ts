import { agreement } from './load/agreement.ts';
import { client } from './load/client.ts';
import { coverage } from './load/coverage.ts';
import { endurance } from './load/endurance.ts';
import { rates } from './load/rates.ts';
import { stalls } from './load/stalls.ts';

/**
 * The load generator beside perf_analyzer, on the same server in the same run:
 *   npm run bench:load -- [--json] [client rates stalls agreement coverage endurance]
 * Without names all parts run, which takes about 40 minutes; the first three take three.
 */
const PARTS = { client, rates, stalls, agreement, coverage, endurance };

const args = process.argv.slice(2);
const json = args.includes('--json');
const chosen = args.filter((name) => name in PARTS) as (keyof typeof PARTS)[];
const results: Record<string, unknown> = {};
for (const name of chosen.length > 0 ? chosen : (Object.keys(PARTS) as (keyof typeof PARTS)[])) {
  const say = (text: string): void => {
    if (!json) console.log(text);
  };
  say(`== ${name}`);
  results[name] = await PARTS[name](say);
}
if (json) console.log(JSON.stringify(results, undefined, 2));
