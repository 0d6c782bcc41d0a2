// A process of its own that puts load on the port it is given, tells each window, and then what came out.
import { nativeGenerator } from '../../src/load/native/native.ts';
import { inFlight } from '../../src/record/load-point.ts';
import { load } from './experiment.ts';

const result = await nativeGenerator.run({
  http: { host: '127.0.0.1', port: Number(process.argv[2]) },
  models: [
    {
      metadata: {
        name: 'm',
        platform: '',
        inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }],
        outputs: [],
      },
      config: { max_batch_size: 8 },
    },
  ],
  point: inFlight('m', 16),
  // More precise than it gets: it goes on until its time is up.
  settings: load({ stopRule: { kind: 'precision', precision: 1e-6, limitMs: 3500 } }),
  limits: [{ tag: 'perf_latency_p99', bound: 'max', value: 100 }],
  scrape: async () => 0,
  signal: new AbortController().signal,
  onWindow: () => process.send?.('window'),
});
process.send?.({ values: result.values, beyond: result.beyond, warnings: result.warnings });
