import { expect, test } from 'vitest';
import { followsSpeed } from '../../src/ground/metric.ts';

test.each([
  ['perf_throughput', 1, 0],
  ['perf_latency_p99', -1, -1],
  ['perf_server_queue', -1, -1],
  ['cost_per_million_inferences', -1, 0],
  ['gpu_used_memory', 0, 0],
])('%s follows the speed of what computes; at a request rate only times do', (tag, follows, atRate) => {
  expect(followsSpeed(tag, false)).toBe(follows);
  expect(followsSpeed(tag, true)).toBe(atRate);
});
