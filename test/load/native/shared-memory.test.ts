import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ownerOf } from '../../../src/ground/owner.ts';
import type { Payload } from '../../../src/load/inputs.ts';
import { shareTensors } from '../../../src/load/native/shared-memory.ts';
import type { TritonClient } from '../../../src/server/triton.ts';

const SHM = '/dev/shm';

/** A server's part in it: what it was told of. */
function server(refuses = false) {
  const regions = new Map<string, number>();
  const triton = {
    registerSharedMemory: async (name: string, bytes: number) => {
      if (refuses) throw new Error('Unable to open shared memory region');
      regions.set(name, bytes);
    },
    unregisterSharedMemory: async (name: string) => void regions.delete(name),
  };
  return { regions, triton: triton as unknown as TritonClient };
}
const payload = (name: string, data: Buffer): Payload =>
  ({ tensors: [{ name, datatype: 'UINT8', shape: [data.length], data }] }) as unknown as Payload;
const ours = (): string[] => readdirSync(SHM).filter((name) => name.startsWith(`tma_load_${ownerOf()}`));

describe.skipIf(!existsSync(SHM))('shared memory', () => {
  test('holds the inputs one behind the other, for this user only, and is gone in the end', async () => {
    const { triton, regions } = server();
    const [one, two] = [payload('x', Buffer.from('abc')), payload('x', Buffer.from('defg'))];
    {
      await using shared = await shareTensors(triton, [one, two], ['y', 'z'], 100);
      const place = shared.inputsOf(two).get('x')!;
      expect(place).toMatchObject({ offset: 3, bytes: 4 });
      expect(readFileSync(join(SHM, place.name), 'latin1')).toBe('abcdefg');
      expect(lstatSync(join(SHM, place.name)).mode & 0o777).toBe(0o600);
      expect(shared.outputs.get('z')).toMatchObject({ offset: 100, bytes: 100 });
      expect([...regions.values()]).toEqual([7, 200]);
      // Two loads never share a name, and none can be guessed.
      await using again = await shareTensors(triton, [one], [], 1);
      expect(again.inputsOf(one).get('x')!.name).not.toBe(place.name);
    }
    expect(regions.size).toBe(0);
    expect(ours()).toEqual([]);
  });

  test('what a killed tma left is removed; what lives, is a link or nobody’s stays', async () => {
    const parts = ownerOf().split('.');
    const gone = `tma_load_${[...parts.slice(0, 2), '4194301', '1'].join('.')}_0_in`;
    const folder = mkdtempSync(join(tmpdir(), 'tma-test-'));
    writeFileSync(join(folder, 'user'), 'kept');
    const [dead, link, other] = [gone, gone.replace('_0_', '_1_'), 'tma_load_of_somebody'].map((name) =>
      join(SHM, name),
    );
    writeFileSync(dead!, '');
    symlinkSync(join(folder, 'user'), link!);
    writeFileSync(other!, '');
    try {
      const { triton } = server();
      await using _shared = await shareTensors(triton, [payload('x', Buffer.from('a'))], [], 1);
      expect(existsSync(dead!)).toBe(false);
      expect(existsSync(other!)).toBe(true);
      expect(readFileSync(join(folder, 'user'), 'utf8')).toBe('kept');
    } finally {
      for (const file of [dead, link, other]) rmSync(file!, { force: true });
    }
  });

  test('a server that does not see it, and more than there is, are failures that leave nothing', async () => {
    const one = payload('x', Buffer.from('a'));
    await expect(shareTensors(server(true).triton, [one], ['y'], 8)).rejects.toThrow(
      'Unable to open shared memory region; the server has to run on this machine',
    );
    await expect(shareTensors(server().triton, [one], ['y'], 1e15)).rejects.toThrow(
      /1000000000.0 MB are wanted/,
    );
    expect(ours()).toEqual([]);
  });
});
