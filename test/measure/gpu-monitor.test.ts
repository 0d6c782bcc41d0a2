import { describe, expect, test } from 'vitest';
import {
  driverGauges,
  foreignProcesses,
  gpuStates,
  parseDriverRow,
  parseGpuProcesses,
} from '../../src/measure/gpu-monitor.ts';
import { parseGpuList, parseMigDevices } from '../../src/server/gpu/list.ts';

/** A row that an idle H100 gave. */
const H100 =
  'GPU-c4d64483-fdaa-1a1c-75cb-5aadfae8ff36, 0x0000000000000001, 345, 2619, 37, 71.19, 0, 0, 81559';
const uuid = H100.split(',')[0]!;
const row = (reasons: string, sm: number, rest = '2619, 60, 650.5, 99, 1000, 81559') =>
  parseDriverRow(`${uuid}, ${reasons}, ${sm}, ${rest}`, 0)!;

describe("the driver's view of a GPU", () => {
  test('an idle one is not held back', () => {
    const sample = parseDriverRow(H100, 5)!;
    expect(sample).toMatchObject({ atMs: 5, uuid, throttled: [], values: { smClock: 345, power: 71.19 } });
    expect(driverGauges([sample])[0]![uuid]).toMatchObject({
      gpu_utilization: 0,
      gpu_power_usage: 71.19,
      gpu_used_memory: 0,
    });
    expect(driverGauges([sample])[0]![uuid]!['gpu_free_memory']).toBeCloseTo((81559 * 2 ** 20) / 1e6, 3);
  });

  test('over a point: the range of its clocks, its peak of heat, why it was held back', () => {
    const states = gpuStates([row('0x4', 1980), row('0x0000000000000060', 1200)]);
    expect(states[uuid]).toEqual({
      smClockMHz: [1200, 1980],
      memoryClockMHz: [2619, 2619],
      temperatureC: 60,
      powerW: 650.5,
      throttled: ['power cap', 'thermal slowdown by software', 'thermal slowdown by hardware'],
    });
  });

  test('what a GPU or its MIG mode does not tell is absent', () => {
    const sample = row('[N/A]', 1000, '[N/A], [Not Supported], [N/A], [N/A], 100, [N/A]');
    expect(sample.values).toEqual({ smClock: 1000, usedMB: expect.closeTo(104.8576, 6) });
    expect(gpuStates([sample])[uuid]).toEqual({ smClockMHz: [1000, 1000], throttled: [] });
    expect(driverGauges([sample])[0]![uuid]).toEqual({ gpu_used_memory: expect.closeTo(104.8576, 6) });
    expect(parseDriverRow('Field "x" is not a valid field to query.', 0)).toBeUndefined();
  });

  test('processes on a GPU, and whose they are', async () => {
    const csv = `${uuid}, ${process.pid}, /usr/bin/python3\n${uuid}, [N/A], x\nNo running processes found`;
    expect(parseGpuProcesses(csv)).toEqual([{ uuid, pid: process.pid, name: '/usr/bin/python3' }]);
    expect(await foreignProcesses([uuid], undefined)).toEqual([]);
    expect(await foreignProcesses([], [1])).toEqual([]);
  });
});

describe('the GPUs of a machine', () => {
  test('as nvidia-smi lists them', () => {
    const [gpu, ...others] = parseGpuList(`0, ${uuid}, NVIDIA H100 80GB HBM3, 81559, 580.159.04, Disabled\n`);
    expect(gpu).toEqual({
      index: 0,
      uuid,
      name: 'NVIDIA H100 80GB HBM3',
      memoryMB: (81559 * 2 ** 20) / 1e6,
      driver: '580.159.04',
      divided: false,
    });
    expect(others).toEqual([]);
    expect(parseGpuList('NVIDIA-SMI has failed')).toEqual([]);
  });

  test('MIG devices belong to their GPU', () => {
    const text = [
      'GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-1)',
      '  MIG 3g.20gb     Device  0: (UUID: MIG-a)',
      '  MIG 3g.20gb     Device  1: (UUID: MIG-b)',
      'GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-2)',
    ].join('\n');
    expect([...parseMigDevices(text)]).toEqual([
      [
        'GPU-1',
        [
          { uuid: 'MIG-a', profile: '3g.20gb' },
          { uuid: 'MIG-b', profile: '3g.20gb' },
        ],
      ],
    ]);
  });
});
