import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  ftruncateSync,
  openSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../ground/errors.ts';
import { ownerOf } from '../../ground/owner.ts';
import { removeAbandoned } from '../../ground/scratch.ts';
import type { TritonClient } from '../../server/triton.ts';
import type { Payload } from '../inputs.ts';
import { LoadFailure } from '../load-generator.ts';
import type { SharedRegion } from './request.ts';

/** Where POSIX shared memory is a file system on Linux: no native library is needed to make a region. */
const SHM = '/dev/shm';
const PREFIX = 'tma_load_';

/** Tensors of a load that lie in shared memory. */
export interface SharedTensors extends AsyncDisposable {
  /** Where a payload's inputs lie, by name. */
  inputsOf(payload: Payload): ReadonlyMap<string, SharedRegion>;
  /** Where the server is to write outputs, by name. */
  readonly outputs: ReadonlyMap<string, SharedRegion>;
}

/**
 * Puts the inputs of all payloads into one region and makes room for the outputs in another, all requests writing
 * over each other there; the server is told of both, and told to forget them in the end.
 * @throws LoadFailure when there is no shared memory here, or not enough, or the server does not see it.
 */
export async function shareTensors(
  triton: TritonClient | undefined,
  payloads: readonly Payload[],
  outputs: readonly string[],
  outputBytes: number,
): Promise<SharedTensors> {
  if (!triton || !existsSync(SHM)) throw new LoadFailure(`there is no ${SHM} here to share memory through`);
  removeAbandoned(SHM, PREFIX);
  // Nobody can have put a file or a link there before, and whoever finds it sees whose it is.
  const name = `${PREFIX}${ownerOf()}_${randomBytes(8).toString('hex')}`;
  const inputs = placesOf(payloads, `${name}_in`);
  const files = [
    { name: `${name}_in`, bytes: inputs.bytes, pieces: inputs.pieces },
    { name: `${name}_out`, bytes: outputBytes * Math.max(1, outputs.length), pieces: [] },
  ];
  const made: string[] = [];
  const registered: string[] = [];
  const forget = async (): Promise<void> => {
    for (const region of registered) await triton.unregisterSharedMemory(region).catch(() => {});
    for (const file of made) rmSync(file, { force: true });
  };
  try {
    checkRoom(files.reduce((sum, { bytes }) => sum + bytes, 0));
    for (const { name: region, bytes, pieces } of files) {
      made.push(makeRegion(join(SHM, region), bytes, pieces));
      await triton.registerSharedMemory(region, bytes);
      registered.push(region);
    }
  } catch (error) {
    await forget();
    if (error instanceof LoadFailure) throw error;
    throw new LoadFailure(`shared memory: ${messageOf(error)}; the server has to run on this machine`);
  }
  return {
    inputsOf: (payload) => inputs.places.get(payload) ?? new Map(),
    outputs: new Map(
      outputs.map((output, index) => [
        output,
        { name: `${name}_out`, offset: index * outputBytes, bytes: outputBytes },
      ]),
    ),
    [Symbol.asyncDispose]: forget,
  };
}

/** The inputs of all payloads, one behind the other in one region. */
function placesOf(payloads: readonly Payload[], region: string) {
  const places = new Map<Payload, Map<string, SharedRegion>>();
  const pieces: Buffer[] = [];
  let bytes = 0;
  for (const payload of payloads) {
    const regions = new Map<string, SharedRegion>();
    for (const tensor of payload.tensors) {
      regions.set(tensor.name, { name: region, offset: bytes, bytes: tensor.data.length });
      pieces.push(tensor.data);
      bytes += tensor.data.length;
    }
    places.set(payload, regions);
  }
  return { places, pieces, bytes };
}

/** More than there is would end whoever touches it with SIGBUS. */
function checkRoom(bytes: number): void {
  const { bavail, bsize } = statfsSync(SHM);
  if (bytes <= bavail * bsize) return;
  const [wanted, left] = [bytes, bavail * bsize].map((size) => `${(size / 1e6).toFixed(1)} MB`);
  throw new LoadFailure(
    `shared memory: ${wanted} are wanted, and ${SHM} has ${left} left: lower output-shared-memory-size, or make ${SHM} larger`,
  );
}

/** A new file of its own, for this user only. */
function makeRegion(path: string, bytes: number, pieces: readonly Buffer[]): string {
  const { O_CREAT, O_EXCL, O_RDWR, O_NOFOLLOW } = constants;
  const file = openSync(path, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW, 0o600);
  try {
    ftruncateSync(file, bytes);
    let at = 0;
    for (const piece of pieces) {
      for (let done = 0; done < piece.length; )
        done += writeSync(file, piece, done, piece.length - done, at + done);
      at += piece.length;
    }
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
  return path;
}
