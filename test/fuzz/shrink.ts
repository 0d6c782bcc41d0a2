const MOST_TRIES = 400;

/** A part of an input, as small as is quickly found, of which `isAlike` still holds. */
export async function shrink(input: Buffer, isAlike: (part: Buffer) => Promise<boolean>): Promise<Buffer> {
  let best = input;
  let tries = 0;
  for (let size = Math.ceil(best.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.length; ) {
      if (++tries > MOST_TRIES) return best;
      const part = Buffer.concat([best.subarray(0, at), best.subarray(at + size)]);
      if (await isAlike(part)) best = part;
      else at += size;
    }
  }
  return best;
}
