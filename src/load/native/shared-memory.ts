import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../errors.ts';
import type { TritonClient } from '../../server/triton.ts';
import { LoadFailure } from '../load-generator.ts';
import type { Payload } from '../payloads.ts';
import type { SharedRegion } from './request.ts';

/** Where POSIX shared memory is a file system on Linux: no native library is needed to make a region. */
const SHM = '/dev/shm';

/** Tensors of a load that lie in shared memory. */
export interface SharedTensors extends AsyncDisposable {
  /** Where a payload's inputs lie, by name. */
  inputsOf(payload: Payload): ReadonlyMap<string, SharedRegion>;
  /** Where the server is to write outputs, by name. */
  readonly outputs: ReadonlyMap<string, SharedRegion>;
}

let count = 0;

/**
 * Puts the inputs of all payloads into one region and makes room for the outputs in another, all requests writing
 * over each other there; the server is told of both, and told to forget them in the end.
 * @throws LoadFailure when there is no shared memory here, or the server does not see it.
 */
export async function shareTensors(
  triton: TritonClient | undefined,
  payloads: readonly Payload[],
  outputs: readonly string[],
  outputBytes: number,
): Promise<SharedTensors> {
  if (!triton || !existsSync(SHM)) throw new LoadFailure(`there is no ${SHM} here to share memory through`);
  const name = `tma_load_${process.pid}_${count++}`;
  const places = new Map<Payload, Map<string, SharedRegion>>();
  const pieces: Buffer[] = [];
  let offset = 0;
  for (const payload of payloads) {
    const regions = new Map<string, SharedRegion>();
    for (const tensor of payload.tensors) {
      regions.set(tensor.name, { name: `${name}_in`, offset, bytes: tensor.data.length });
      pieces.push(tensor.data);
      offset += tensor.data.length;
    }
    places.set(payload, regions);
  }
  const files = [
    { name: `${name}_in`, contents: Buffer.concat(pieces) },
    { name: `${name}_out`, contents: Buffer.alloc(outputBytes * Math.max(1, outputs.length)) },
  ];
  const registered: string[] = [];
  const forget = async (): Promise<void> => {
    for (const region of registered) await triton.unregisterSharedMemory(region).catch(() => {});
    for (const file of files) rmSync(join(SHM, file.name), { force: true });
  };
  try {
    for (const file of files) {
      writeFileSync(join(SHM, file.name), file.contents, { mode: 0o600 });
      await triton.registerSharedMemory(file.name, file.contents.length);
      registered.push(file.name);
    }
  } catch (error) {
    await forget();
    throw new LoadFailure(`shared memory: ${messageOf(error)}; the server has to run on this machine`);
  }
  return {
    inputsOf: (payload) => places.get(payload) ?? new Map(),
    outputs: new Map(
      outputs.map((output, index) => [
        output,
        { name: `${name}_out`, offset: index * outputBytes, bytes: outputBytes },
      ]),
    ),
    [Symbol.asyncDispose]: forget,
  };
}
