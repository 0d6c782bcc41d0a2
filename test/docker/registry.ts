import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

const digest = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** An image with nothing but these many layers of one small file each. */
function tinyImage(layers: number) {
  const tars = Array.from({ length: layers }, (_, index) => tarOf(`file-${index}`, `layer ${index}`));
  const blobs = tars.map((tar) => gzipSync(tar));
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: tars.map(digest) },
    }),
  );
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
      config: {
        mediaType: 'application/vnd.docker.container.image.v1+json',
        size: config.length,
        digest: digest(config),
      },
      layers: blobs.map((blob) => ({
        mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
        size: blob.length,
        digest: digest(blob),
      })),
    }),
  );
  return { manifest, blobs: new Map([config, ...blobs].map((blob) => [digest(blob), blob])) };
}

/** A tar archive of one file. */
function tarOf(name: string, content: string): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write('0', 156);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const body = Buffer.alloc(512);
  body.write(content);
  return Buffer.concat([header, body, Buffer.alloc(1024)]);
}

/** A registry with one image, for those who know the password. */
export async function registry(user: string, password: string) {
  const { manifest, blobs } = tinyImage(2);
  const expected = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const server = createServer((request, response) => {
    response.setHeader('Docker-Distribution-Api-Version', 'registry/2.0');
    if (request.headers.authorization !== expected) {
      response.writeHead(401, {
        'WWW-Authenticate': 'Basic realm="test"',
        'Content-Type': 'application/json',
      });
      response.end('{"errors":[{"code":"UNAUTHORIZED","message":"who is there"}]}');
      return;
    }
    const path = request.url ?? '';
    const blob = blobs.get(path.split('/').at(-1) ?? '');
    if (path.includes('/manifests/')) {
      response.setHeader('Content-Type', 'application/vnd.docker.distribution.manifest.v2+json');
      response.setHeader('Docker-Content-Digest', digest(manifest));
      response.setHeader('Content-Length', manifest.length);
      response.end(request.method === 'HEAD' ? undefined : manifest);
    } else if (blob) {
      response.setHeader('Content-Length', blob.length);
      response.end(request.method === 'HEAD' ? undefined : blob);
    } else {
      response.writeHead(path === '/v2/' ? 200 : 404);
      response.end('{}');
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    host: `localhost:${port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
