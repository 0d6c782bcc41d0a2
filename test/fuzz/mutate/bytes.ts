import type { Random } from '../../support/random.ts';

/** Changes some bytes: other values, pieces cut, doubled, put in, or taken from another input. */
export function changeBytes(random: Random, input: Buffer, others: readonly Buffer[] = []): Buffer {
  let bytes = Buffer.from(input);
  for (let round = random.chance(0.6) ? 1 : 1 + random.below(4); round > 0; round--)
    bytes = changeOnce(random, bytes, others);
  return bytes;
}

function changeOnce(random: Random, bytes: Buffer, others: readonly Buffer[]): Buffer<ArrayBuffer> {
  const at = random.below(bytes.length + 1);
  const end = Math.min(bytes.length, at + random.below(random.chance(0.8) ? 12 : bytes.length + 1));
  const put = (piece: Buffer, to = at): Buffer<ArrayBuffer> =>
    Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(to)]);
  switch (random.below(7)) {
    case 0: {
      const changed = Buffer.from(bytes);
      if (changed.length > 0) changed[at % changed.length]! ^= 1 << random.below(8);
      return changed;
    }
    case 1:
      return put(Buffer.from([random.below(256)]), Math.min(bytes.length, at + 1));
    case 2:
      return put(Buffer.alloc(0), end);
    case 3:
      return Buffer.from(bytes.subarray(0, at));
    case 4:
      return put(repeated(bytes.subarray(at, end), 1 + random.below(random.chance(0.95) ? 4 : 1000)));
    case 5:
      return put(Buffer.from(Array.from({ length: 1 + random.below(9) }, () => random.below(256))));
    default: {
      if (others.length === 0) return put(Buffer.alloc(0), end);
      const other = random.pick(others);
      const from = random.below(other.length + 1);
      return put(other.subarray(from, from + random.below(200)), end);
    }
  }
}

const repeated = (piece: Buffer, times: number): Buffer =>
  Buffer.concat(Array.from({ length: times }, () => piece));
