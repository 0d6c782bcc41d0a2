/**
 * Decoding of header blocks (HPACK, RFC 7541) for a connection whose dynamic table was set to no size at all; and
 * literal encoding. Enough to know what an answer is, on any server that keeps to the setting.
 */

/** The static table (RFC 7541, appendix A), index 1 first: `name`, or `name=value` with `_` for a space. */
const STATIC = [
  ':authority :method=GET :method=POST :path=/ :path=/index.html :scheme=http :scheme=https :status=200',
  ':status=204 :status=206 :status=304 :status=400 :status=404 :status=500 accept-charset',
  'accept-encoding=gzip,_deflate accept-language accept-ranges accept access-control-allow-origin age',
  'allow authorization cache-control content-disposition content-encoding content-language',
  'content-length content-location content-range content-type cookie date etag expect expires from host',
  'if-match if-modified-since if-none-match if-range if-unmodified-since last-modified link location',
  'max-forwards proxy-authenticate proxy-authorization range referer refresh retry-after server',
  'set-cookie strict-transport-security transfer-encoding user-agent vary via www-authenticate',
]
  .join(' ')
  .split(' ')
  .map((entry) => {
    const [, name, value = ''] = /^(:?[^=]+)(?:=(.*))?$/.exec(entry)!;
    return [name!, value.replaceAll('_', ' ')] as const;
  });

/** How many bits each byte's code has (RFC 7541, appendix B), in base 32; the codes follow from the lengths. */
const CODE_BITS = [
  'dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6ca',
  'd67777777777777777777777878djde6f56565666577666567655677777fbeds',
  'kmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmn',
  'qqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrq',
  'u',
].join('');
const END_OF_STRING = 256;

/** A node of the code's tree: the nodes behind bit 0 and 1, or the symbol it stands for. */
type Node = { zero?: Node; one?: Node; symbol?: number };

/** Codes are given out by length, then by symbol. */
const TREE: Node = (() => {
  const root: Node = {};
  const lengths = Array.from(CODE_BITS, (digit) => Number.parseInt(digit, 32));
  const order = lengths.map((_, symbol) => symbol).sort((a, b) => lengths[a]! - lengths[b]! || a - b);
  let [code, bits] = [0, 0];
  for (const symbol of order) {
    code *= 2 ** (lengths[symbol]! - bits);
    bits = lengths[symbol]!;
    let node = root;
    for (let bit = bits - 1; bit >= 0; bit--) {
      const side = Math.floor(code / 2 ** bit) % 2 === 0 ? 'zero' : 'one';
      node[side] ??= {};
      node = node[side];
    }
    node.symbol = symbol;
    code++;
  }
  return root;
})();

/** Names and values of a header block, in order; undefined when it is not one, or needs a dynamic table. */
export function decodeHeaders(block: Buffer): [name: string, value: string][] | undefined {
  const headers: [string, string][] = [];
  let at = 0;
  let broken = false;

  const integer = (prefixBits: number): number => {
    const most = 2 ** prefixBits - 1;
    let value = block[at++]! & most;
    if (value < most) return value;
    for (let shift = 0; ; shift += 7) {
      const byte = block[at++];
      if (byte === undefined || shift > 28) {
        broken = true;
        return 0;
      }
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  const string = (): string => {
    const huffman = (block[at] ?? 0) >= 128;
    if (at >= block.length) broken = true;
    const length = integer(7);
    if (broken || at + length > block.length) {
      broken = true;
      return '';
    }
    const bytes = block.subarray(at, at + length);
    at += length;
    if (!huffman) return bytes.toString('latin1');
    const text = decodeHuffman(bytes);
    if (text === undefined) broken = true;
    return text ?? '';
  };

  while (at < block.length && !broken) {
    const first = block[at]!;
    if (first >= 128) {
      const entry = STATIC[integer(7) - 1];
      if (!entry) return undefined;
      headers.push([entry[0], entry[1]]);
    } else if (first >= 32 && first < 64) {
      // The size of the dynamic table: none was offered.
      if (integer(5) !== 0) return undefined;
    } else {
      const index = integer(first >= 64 ? 6 : 4);
      const name = index === 0 ? string() : STATIC[index - 1]?.[0];
      if (name === undefined) return undefined;
      headers.push([name, string()]);
    }
  }
  return broken ? undefined : headers;
}

/** The text of Huffman-coded bytes; undefined when they are no such code. */
export function decodeHuffman(bytes: Buffer): string | undefined {
  let text = '';
  let node = TREE;
  let [depth, ones] = [0, true];
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const isOne = ((byte >> bit) & 1) === 1;
      const next = isOne ? node.one : node.zero;
      if (!next || next.symbol === END_OF_STRING) return undefined;
      depth++;
      ones &&= isOne;
      node = next;
      if (node.symbol === undefined) continue;
      text += String.fromCharCode(node.symbol);
      node = TREE;
      [depth, ones] = [0, true];
    }
  }
  // What is left must be padding: the beginning of the longest code, all ones, less than a byte.
  return depth < 8 && ones ? text : undefined;
}

/** A header block of literals that no table is needed for. */
export const encodeHeaders = (headers: readonly (readonly [name: string, value: string])[]): Buffer =>
  Buffer.concat(headers.flatMap(([name, value]) => [Buffer.from([0]), literal(name), literal(value)]));

function literal(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  const length = [];
  if (bytes.length < 127) length.push(bytes.length);
  else {
    length.push(127);
    let rest = bytes.length - 127;
    for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128);
    length.push(rest);
  }
  return Buffer.concat([Buffer.from(length), bytes]);
}
