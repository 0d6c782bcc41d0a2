import { inputsOfMetadata, isBatching, outputsOfMetadata } from '../../../src/load/inputs.ts';
import { makePayloads } from '../../../src/load/payloads.ts';
import { aggregateGpus, parseGpuEnergy, parseGpuMetrics } from '../../../src/measure/gpu.ts';
import { composingTimes, serverTimes } from '../../../src/measure/server-times.ts';
import { additions, differences, withoutFillings } from '../../../src/model-config/compare.ts';
import { printConfigText } from '../../../src/model-config/config.ts';
import type { ModelConfig } from '../../../src/model-config/model-config.ts';
import {
  configOf,
  indexOf,
  jsonOf,
  metadataOf,
  serverOf,
  statisticsOf,
} from '../../../src/server/answers.ts';
import { load } from '../../support/experiment.ts';
import { textInProject } from '../corpus.ts';
import { changeBytes } from '../mutate/bytes.ts';
import { NASTY_JSON, PROTOTYPE_KEYS } from '../mutate/nasty.ts';
import { changeText } from '../mutate/text.ts';
import { changeTree, printTree, treeOf } from '../mutate/tree.ts';
import { isServerError, type MakeTarget } from '../target.ts';

/** A body of JSON, and what tma does with it. */
function jsonAnswer(good: string, run: (text: string) => void): MakeTarget {
  const tree = treeOf(JSON.parse(good));
  const keys = [...PROTOTYPE_KEYS, ...new Set([...good.matchAll(/"(\w+)":/g)].map(([, key]) => key!))];
  const parts = { scalars: NASTY_JSON, keys, others: [tree] };
  return () => ({
    make: (random) =>
      random.chance(0.15)
        ? changeBytes(random, Buffer.from(good))
        : Buffer.from(printTree(changeTree(random, tree, parts))),
    run: (input) => run(input.toString('utf8')),
    isOurs: isServerError,
  });
}

const fixture = (name: string): string => textInProject(`test/fixtures/triton/${name}`);
const STATISTICS = fixture('stats_add_sub.json');

/** Every figure must be one: what comes of counters that make no sense is left out. */
function checkFigures(values: Readonly<Record<string, number>>): void {
  const wrong = Object.entries(values).find(([, value]) => !Number.isFinite(value) || value < 0);
  if (wrong) throw new Error(`${wrong[0]} is ${wrong[1]}`);
}

export const statistics: MakeTarget = jsonAnswer(STATISTICS, (text) => {
  const before = statisticsOf(jsonOf(STATISTICS, 'statistics'), 'add_sub');
  const after = statisticsOf(jsonOf(text, 'statistics'), 'add_sub');
  const looks = [before, after, before].map((item, index) => ({ atMs: 1000 * index, statistics: item }));
  checkFigures(serverTimes(looks.slice(0, 2)).values);
  checkFigures(serverTimes(looks.slice(1)).values);
  const beside = [before, before].map((item, index) => ({
    ...{ atMs: 1000 * index, statistics: index === 0 ? [] : item },
    others: index === 0 ? [] : statisticsOf(jsonOf(text, 'statistics')),
  }));
  for (const { requests, values } of composingTimes(beside, 'calls')?.models ?? [])
    checkFigures({ ...values, requests });
});

export const modelConfig: MakeTarget = jsonAnswer(fixture('model_config.json'), (text) => {
  const config = configOf(jsonOf(text, 'configuration', String), 'text_recognition');
  printConfigText(config);
  const asked = configOf(jsonOf(fixture('model_config.json'), 'configuration', String), 'text_recognition');
  differences(asked, config);
  additions({ max_batch_size: 0, dynamic_batching: null }, asked, config);
  withoutFillings(config);
});

/** Metadata, and the requests that are made by it. */
export const metadata: MakeTarget = jsonAnswer(fixture('model_metadata_add_sub.json'), (text) => {
  const model = metadataOf(jsonOf(text, 'metadata'), 'add_sub');
  const configs: readonly ModelConfig[] = [{}, { name: 'add_sub', max_batch_size: 4 }];
  for (const config of configs) {
    const batch = { size: 2, dimension: isBatching(model, config) };
    makePayloads(inputsOfMetadata(model, config), outputsOfMetadata(model, config), load(), batch);
  }
});

const INDEX = JSON.stringify([
  { name: 'add_sub', version: '1', state: 'READY', reason: '' },
  { name: 'broken', version: '1', state: 'UNAVAILABLE', reason: 'Internal: no module' },
  { name: 'never_loaded' },
]);
export const index: MakeTarget = jsonAnswer(INDEX, (text) => void indexOf(jsonOf(text, 'list of models')));

const SERVER = JSON.stringify({
  name: 'triton',
  version: '2.51.0',
  extensions: ['classification', 'sequence'],
});
export const server: MakeTarget = jsonAnswer(
  SERVER,
  (text) => void serverOf(jsonOf(text, 'description of itself')),
);

const GPUS = `# HELP nv_gpu_utilization GPU utilization rate [0.0 - 1.0)
# TYPE nv_gpu_utilization gauge
nv_gpu_utilization{gpu_uuid="GPU-6f2a"} 0.97
nv_gpu_utilization{gpu_uuid="GPU-1b7c"} 0
nv_gpu_memory_total_bytes{gpu_uuid="GPU-6f2a"} 85520809984
nv_gpu_memory_used_bytes{gpu_uuid="GPU-6f2a"} 3110000000
nv_gpu_power_usage{gpu_uuid="GPU-6f2a"} 123.4
nv_energy_consumption{gpu_uuid="GPU-6f2a"} 12345.678000
nv_gpu_power_usage{index="1",gpu_uuid="GPU-1b7c",more="}"} 70.1
`;
const TOKENS = [
  'NaN',
  '+Inf',
  '-Inf',
  '-1',
  '1e308',
  '1e400',
  '0x10',
  '',
  '{',
  '}',
  '"',
  '\\"',
  ',',
  '=',
  ' ',
  '#',
  '\0',
  'gpu_uuid=""',
];

export const metrics: MakeTarget = () => {
  const pages = [GPUS, GPUS, fixture('metrics_cpu_only.txt')];
  return {
    make(random) {
      const page = random.pick(pages);
      if (random.chance(0.2)) return changeBytes(random, Buffer.from(page));
      return Buffer.from(changeText(random, page, { tokens: [...TOKENS, ...PROTOTYPE_KEYS], others: pages }));
    },
    run(input) {
      const looks = [GPUS, input.toString('utf8')].map(parseGpuMetrics);
      const { values, gpus } = aggregateGpus(looks);
      const energies = parseGpuEnergy(input.toString('utf8'));
      for (const figures of [values, ...Object.values(gpus), energies]) checkFigures(figures);
    },
    isOurs: isServerError,
  };
};
