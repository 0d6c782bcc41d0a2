import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { FRAME, FrameReader } from '../../../../src/load/native/http2/frames.ts';
import { decodeHuffman } from '../../../../src/load/native/http2/hpack.ts';

test('the Huffman code agrees with another implementation, byte by byte', () => {
  // Node's own HTTP/2 encodes with Huffman's code; its peer here is our decoder.
  const script = `
    const http2 = require('node:http2'), net = require('node:net');
    const value = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)).join('').repeat(3);
    const server = net.createServer((socket) => socket.on('data', (bytes) => { process.stdout.write(bytes.toString('hex')); }));
    server.listen(0, '127.0.0.1', () => {
      const client = http2.connect('http://127.0.0.1:' + server.address().port, { settings: { headerTableSize: 0 } });
      client.on('error', () => {});
      client.request({ ':path': '/', 'x-all': value }).on('error', () => {});
      setTimeout(() => process.exit(), 300);
    });`;
  const bytes = Buffer.from(execFileSync(process.execPath, ['-e', script]).toString(), 'hex');
  const seen: string[] = [];
  const reader = new FrameReader(
    {
      onData: () => {},
      onDataBytes: () => {},
      onFrame: (type, _flags, _stream, payload) => {
        // Behind the five bytes of a priority, if there is one.
        if (type === FRAME.headers) seen.push(JSON.stringify(huffmanIn(payload)));
        return undefined;
      },
    },
    2 ** 20,
  );
  reader.read(bytes.subarray(24));
  const all = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index)).join('');
  expect(seen.join()).toContain(JSON.stringify(all.repeat(3)).slice(1, -1));
});

/** Every Huffman string that starts somewhere in these bytes. */
function huffmanIn(payload: Buffer): string[] {
  const found: string[] = [];
  for (let at = 0; at < payload.length - 2; at++) {
    if (payload[at] !== 0xff) continue;
    const length = 127 + (payload[at + 1]! & 127) + (payload[at + 1]! >= 128 ? payload[at + 2]! * 128 : 0);
    const start = at + (payload[at + 1]! >= 128 ? 3 : 2);
    const text = decodeHuffman(payload.subarray(start, start + length));
    if (text !== undefined) found.push(text);
  }
  return found;
}
