import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readOptions } from '../../src/config/given-options.ts';
import { resolveExperiment } from '../../src/config/resolve.ts';
import { parseYaml } from '../../src/config/yaml.ts';
import { instanceGroups, maxBatchSize, parseConfigText } from '../../src/model-config/config.ts';
import type { ModelConfig } from '../../src/model-config/model-config.ts';
import { batchSizeOf, isRate, type LoadPoint, levelOf } from '../../src/record/load-point.ts';
import { searchedSpace, searchFor } from '../../src/search/search-for.ts';
import { buildSpace } from '../../src/space/space.ts';
import { asksOf, type Result } from '../support/slots.ts';

/**
 * What the real Model Analyzer visited, recorded by record.py beside it. The loads that follow its quick search are left
 * out: it never tells them what was measured, so that they end after four.
 */
const FILE = resolve('test/fixtures/model-analyzer/visits.json');
const { models, cases } = JSON.parse(readFileSync(FILE, 'utf8')) as {
  models: Record<string, string>;
  cases: { name: string; yaml: string; world?: World; visits: string[] }[];
};

interface World {
  readonly room?: number;
  readonly instances?: number;
  readonly batch?: number;
  readonly half?: number;
}

/** The formula of record.py. */
function measure(world: World, config: ModelConfig, point: LoadPoint): Result {
  const instances = instanceGroups(config).reduce((sum, { count }) => sum + count, 0) || 1;
  if (instances > (world.room ?? 1000))
    return { state: 'failed', kind: 'other', cause: 'no room', wantsRoom: false };
  const size = Math.max(1, maxBatchSize(config));
  const capacity = 100 * Math.min(instances, world.instances ?? 2) * Math.min(size, world.batch ?? 4);
  if (isRate(point)) {
    const asked = levelOf(point) * batchSizeOf(point);
    const throughput = Math.min(asked, capacity);
    return told(throughput, (10 * asked) / throughput);
  }
  const waiting = levelOf(point) * batchSizeOf(point);
  const throughput = (capacity * waiting) / (waiting + (world.half ?? 4));
  return told(throughput, (1000 * waiting) / throughput);
}

const told = (perf_throughput: number, perf_latency_p99: number): Result => ({
  state: 'measured',
  values: { perf_throughput, perf_latency_p99 },
});

function visitsOf(yaml: string, world: World = {}): string[] {
  const source = parseYaml(`${yaml}\nmodel_repository: .`, 'perf.yaml');
  const experiment = resolveExperiment(readOptions(source, {}, 'profile'), '/');
  return experiment.models.flatMap((plan) => {
    // What a large space gets by itself is not what Model Analyzer does.
    const mode = plan.search.mode === 'auto' ? 'brute' : plan.search.mode;
    const theirs = { ...plan, search: { ...plan.search, mode } };
    const space = buildSpace(theirs, parseConfigText(models[plan.name]!, 'config.pbtxt'), false);
    const asks = asksOf(searchFor(searchedSpace(space)), ({ candidate, point }) =>
      measure(world, candidate.models[0].config, point),
    );
    return asks.map(
      ({ candidate, point }) =>
        `${candidate.name} ${batchSizeOf(point)} ${levelOf(point)}${isRate(point) ? '/s' : ''}`,
    );
  });
}

describe('the points that Model Analyzer visits, in its order and under its names', () => {
  test.each(cases.map((item) => [item.name, item] as const))('%s', (_, { yaml, world, visits }) => {
    expect(visitsOf(yaml, world)).toEqual(visits);
  });
});
