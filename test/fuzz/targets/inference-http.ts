import { Http1Connection } from '../../../src/load/native/http1/http1-connection.ts';
import type { Random } from '../../support/random.ts';
import { changeBytes } from '../mutate/bytes.ts';
import { NASTY_JSON, PROTOTYPE_KEYS } from '../mutate/nasty.ts';
import { changeTree, printTree, treeOf } from '../mutate/tree.ts';
import type { MakeTarget } from '../target.ts';
import { exchange, Refused } from '../wire.ts';

const VALUES = Buffer.from(new Float32Array([1, 2, 3, 4]).buffer);
const ANSWER = {
  model_name: 'm',
  model_version: '1',
  outputs: [{ name: 'Y', datatype: 'FP32', shape: [1, 4], parameters: { binary_data_size: VALUES.length } }],
};
const TREE = treeOf(ANSWER);
const KEYS = [...PROTOTYPE_KEYS, 'outputs', 'name', 'parameters', 'binary_data_size', 'error'];

const answer = (json: string, ...fields: string[]): Buffer =>
  Buffer.concat([
    Buffer.from(
      `HTTP/1.1 200 OK\r\nInference-Header-Content-Length: ${Buffer.byteLength(json)}\r\n` +
        `Content-Length: ${Buffer.byteLength(json) + VALUES.length}\r\n${fields.join('')}\r\n${json}`,
    ),
    VALUES,
  ]);

const WIRE: readonly Buffer[] = [
  answer(JSON.stringify(ANSWER)),
  answer(JSON.stringify(ANSWER), 'Connection: close\r\n'),
  ...[
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x\r\n\r\n5;a=b\r\nhello\r\n0\r\nx: y\r\n\r\n',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 No\r\nContent-Length: 15\r\n\r\n{"error":"abc"}',
    'HTTP/1.1 400 Bad Request\r\nContent-Length: 28\r\n\r\n{"error":"no such tensor: X"}',
    'HTTP/1.0 200 OK\r\n\r\nuntil it is closed',
    'HTTP/1.1 204 No Content\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n',
    'HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n',
    'SSH-2.0-OpenSSH_9.2\r\n',
  ].map((text) => Buffer.from(text)),
];

/** Answers to an inference by HTTP/1.1: heads, bodies, and the outputs in them. The first byte says how they are cut. */
export const inferenceHttp: MakeTarget = () => ({
  make: (random) => Buffer.concat([Buffer.from([random.below(256)]), wireOf(random)]),
  run(input) {
    const piece = 1 + (input[0] ?? 0);
    const settings = {
      engine: { kind: 'http1' },
      requests: 1,
      expected: [{ name: 'Y', datatype: 'FP32', data: VALUES }],
      connect: (open, events) => new Http1Connection(open, events),
    } as const satisfies Parameters<typeof exchange>[0];
    if (!exchange(settings, input.subarray(1), piece)) throw new Refused();
  },
  isOurs: (error) => error instanceof Refused,
});

function wireOf(random: Random): Buffer {
  if (random.chance(0.5)) return changeBytes(random, random.pick(WIRE), WIRE);
  return answer(printTree(changeTree(random, TREE, { scalars: NASTY_JSON, keys: KEYS, others: [TREE] })));
}
