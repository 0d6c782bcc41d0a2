import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { tellingEnd } from '../../src/cli/telling-end.ts';
import { userError } from '../../src/ground/errors.ts';
import { type FinishNotice, parseNotice } from '../../src/record/finish-notice.ts';
import { experimentOf, folder } from '../support/experiment.ts';
import { CASES } from '../support/export-cases.ts';
import { tma } from '../support/tma.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A server that answers with this status, and the notices that it got. */
async function serve(status = 200) {
  const notices: FinishNotice[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    notices.push(parseNotice(JSON.parse(body)));
    response.writeHead(status).end();
  });
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, notices };
}

const printing = () => {
  const printed: string[] = [];
  const stderr = { write: (text: string) => printed.push(text) };
  return { printed, process: { stderr } as unknown as Parameters<typeof tellingEnd>[0] };
};
const never = new AbortController().signal;

describe('the address is told', () => {
  test('what a run came to, and its exit code stays', async () => {
    const { address, notices } = await serve();
    const { process, printed } = printing();
    const experiment = experimentOf(`profile_models: m\non_finish: ${address}`);
    for (const code of [0, 4, 130]) {
      const { run, rankings } = CASES.small();
      expect(await tellingEnd(process, experiment, { run, rankings }, never, async () => code)).toBe(code);
    }
    expect(
      notices.map(({ state, exitCode, models }) => [state, exitCode, models[0]?.decision.variant]),
    ).toEqual([
      ['done', 0, 'm_config_0'],
      ['done', 4, 'm_config_0'],
      ['interrupted', 130, 'm_config_0'],
    ]);
    expect(printed).toEqual([]);
  });

  test('what was thrown, which is thrown on', async () => {
    const { address, notices } = await serve();
    const experiment = experimentOf(`profile_models: m\non_finish: ${address}`);
    const { process } = printing();
    for (const error of [userError('the disk is full'), new TypeError('a bug')]) {
      const work = async () => {
        throw error;
      };
      await expect(tellingEnd(process, experiment, {}, never, work)).rejects.toBe(error);
    }
    expect(notices.map(({ state, exitCode, mistakes }) => [state, exitCode, mistakes])).toEqual([
      ['failed', 2, ['the disk is full']],
      ['failed', 1, ['a bug of tma']],
    ]);
  });

  test('nothing, where none is given', async () => {
    const { process } = printing();
    expect(await tellingEnd(process, experimentOf('profile_models: m'), {}, never, async () => 3)).toBe(3);
  });
});

test('an address that does not take it is one line of warning, without its secrets', async () => {
  const { address } = await serve(403);
  const { process, printed } = printing();
  const experiment = experimentOf(
    `profile_models: m\non_finish: ${address.replace('//', '//u:SECRET@')}/SECRET`,
  );
  expect(await tellingEnd(process, experiment, {}, never, async () => 0)).toBe(0);
  expect(printed).toEqual([
    `--on-finish: ${address.replace('/hook', '')}/[not shown] was not told how it ended: it answered HTTP 403\n`,
  ]);
});

describe('tma profile', () => {
  test('tells of a model that is not there, with the exit code that it ends with', async () => {
    const { address, notices } = await serve();
    const cwd = folder();
    mkdirSync(join(cwd, 'models'));
    const { code, error } = await tma(
      ['profile', '-m', 'models', '--profile-models', 'm', '-e', 'out', '-s', 'cp', '--on-finish', address],
      cwd,
    );
    expect(code).toBe(2);
    expect(notices).toMatchObject([{ state: 'failed', exitCode: 2, session: null, models: [] }]);
    expect(error).toContain(notices[0]!.mistakes[0]!.split('\n')[0]);
    expect(error).not.toContain('--on-finish');
  });

  test('says at once where the address is none, without repeating it', async () => {
    const cwd = folder();
    writeFileSync(
      join(cwd, 'perf.yaml'),
      'profile_models: m\nmodel_repository: .\non_finish: ftp://u:SECRET@host/\n',
    );
    const { code, error } = await tma(['profile', '-f', join(cwd, 'perf.yaml')], cwd);
    expect(code).toBe(2);
    expect(error).toContain(':3:1: on_finish: expected an address that begins with http:// or https://');
    for (const address of [
      'host/SECRET',
      'http://',
      'https:///SECRET',
      'http://SECRET a',
      'file:///etc/SECRET',
    ]) {
      const typed = await tma(['profile', '-m', '.', '--profile-models', 'm', '--on-finish', address], cwd);
      expect(typed.code, address).toBe(2);
      expect(typed.error).toContain('--on-finish: expected an address');
      expect(typed.error).not.toContain('SECRET');
    }
  });

  test('plan shows where it leads alone', async () => {
    const cwd = folder();
    mkdirSync(join(cwd, 'models/m/1'), { recursive: true });
    writeFileSync(
      join(cwd, 'models/m/config.pbtxt'),
      readFileSync('test/fixtures/models/add_sub/config.pbtxt', 'utf8').replace('"add_sub"', '"m"'),
    );
    const address = 'https://u:SECRET@hooks.example.com/SECRET';
    const args = ['plan', '-m', 'models', '--profile-models', 'm', '--on-finish', address];
    for (const more of [['--options'], ['--json']]) {
      const { out, code } = await tma([...args, ...more], cwd);
      expect(code).toBe(0);
      expect(out).toContain('https://hooks.example.com/[not shown]');
      expect(out).not.toContain('SECRET');
    }
  });
});
