import { describe, expect, test } from 'vitest';
import { serverArguments } from '../../src/server/arguments.ts';
import { experimentOf, launchRequest, messageOf } from '../support/experiment.ts';

const flagsOf = (yaml: string) => experimentOf(`profile_models: m\n${yaml}`).models[0]!.serverFlags;
const notesOf = (yaml: string) => experimentOf(`profile_models: m\n${yaml}`).notes;

describe('triton_server_flags', () => {
  test.each([
    ['a list gives a flag several times', '{backend-config: ["a,b=1", "c,d=2"], log-verbose: 1}'],
    [
      'on a command line, with = or a blank',
      '"--backend-config=a,b=1 --backend-config c,d=2 --log-verbose=1"',
    ],
    ['as words', '["--backend-config=a,b=1", --backend-config, "c,d=2", "--log-verbose=1"]'],
  ])('%s', (_name, value) => {
    const flags = flagsOf(`triton_server_flags: ${value}`);
    expect(flags).toEqual({ 'backend-config': ['a,b=1', 'c,d=2'], 'log-verbose': '1' });
    const placement = { address: 'x', ports: { http: 1, grpc: 2, metrics: 3 }, sharedMemory: 's' };
    const args = serverArguments({ ...launchRequest(), flags }, placement);
    expect(args.filter((arg) => arg.startsWith('--backend-config='))).toEqual([
      '--backend-config=a,b=1',
      '--backend-config=c,d=2',
      '--backend-config=python,shm-region-prefix-name=s',
    ]);
  });

  test('truth values are what tritonserver reads, a switch stands alone, what is empty is left out', () => {
    expect(
      flagsOf('triton_server_flags: {allow-gpu-metrics: no, exit-on-error: "", log-info: , id: 010}'),
    ).toEqual({
      'allow-gpu-metrics': 'false',
      'exit-on-error': '',
      id: '010',
    });
    expect(flagsOf('triton_server_flags: --exit-on-error --id "a b"')).toEqual({
      'exit-on-error': '',
      id: 'a b',
    });
  });

  test('what tma decides is said and not handed on, however it is spelled', () => {
    const yaml =
      'triton_server_flags: {http_port: 1, --grpc-port: 2, metrics-interval-ms: 9, log_file: x, load-model: "*", model-config-name: fast, log-verbose: 1}';
    expect(flagsOf(yaml)).toEqual({ 'log-verbose': '1' });
    expect(notesOf(yaml)).toEqual([
      'triton_server_flags: http-port is decided by triton_http_endpoint',
      'triton_server_flags: grpc-port is decided by triton_grpc_endpoint',
      'triton_server_flags: metrics-interval-ms is decided by monitoring_interval',
      'triton_server_flags: log-file is decided by triton_output_path',
      'triton_server_flags: load-model is decided by tma, which loads one configuration after the other',
      'triton_server_flags: model-config-name is decided by tma, which gives every configuration itself, made from config.pbtxt',
    ]);
  });

  test('a name that tritonserver would understand cut short is the same flag', () => {
    const yaml = 'triton_server_flags: {http-po: 1, --model_control: poll, log-v: 1, metrics: 2}';
    expect(flagsOf(yaml)).toEqual({ 'log-v': '1', metrics: '2' });
    expect(notesOf(yaml)).toEqual([
      'triton_server_flags: http-port is decided by triton_http_endpoint',
      'triton_server_flags: model-control-mode is decided by tma, which loads one configuration after the other',
    ]);
    expect(messageOf('profile_models: m\ntriton_server_flags: {allow-htt: false}')).toContain(
      'perf.yaml:2:23: triton_server_flags: tma loads models by HTTP',
    );
  });

  test.each([
    ['"health:admin=x"', 'health'],
    ['["trace:admin=x", "logging,model-repository:admin=x"]', 'model-repository'],
  ])('what tma asks for is not restricted: %s', (value, part) => {
    const yaml = `profile_models: m\ntriton_server_flags: {http-restricted-api: ${value}}`;
    expect(messageOf(yaml)).toContain(
      `perf.yaml:2:23: triton_server_flags: tma asks for ${part} by HTTP, so http-restricted-api must not restrict it`,
    );
  });

  test('what tma does not ask for, or may be told the header of, is restricted as the file says', () => {
    const yaml = 'triton_server_flags: {http-restricted-api: "trace,inference:admin=x"}';
    expect(flagsOf(yaml)).toEqual({ 'http-restricted-api': 'trace,inference:admin=x' });
  });

  test('a service that is needed can not be switched off', () => {
    const model = 'profile_models:\n  m:\n    triton_server_flags: {allow_http: off}';
    expect(messageOf(model)).toBe(
      'perf.yaml:3:27: triton_server_flags: tma loads models by HTTP, so allow-http must not be false\n  leave it out',
    );
    const grpc = 'triton_server_flags: {allow-grpc: false}';
    expect(messageOf(`profile_models: m\n${grpc}`)).toBe('no error');
    expect(messageOf(`profile_models: m\n${grpc}\nclient_protocol: grpc`)).toContain(
      'allow-grpc must not be false',
    );
    // A server that is not tma's to start keeps its flags.
    expect(messageOf(`${model}\ntriton_launch_mode: remote`)).toBe('no error');
  });

  test.each([
    ['{log-verbose: {a: 1}}', 'log-verbose"]: expected a value or a list of values, found {"a":1}'],
    ['3', "expected a mapping of tritonserver's flags to values, found 3"],
    ['log-verbose=1', 'expected a flag such as --log-verbose=1, found "log-verbose=1"'],
  ])('%s is refused', (value, message) => {
    expect(messageOf(`profile_models: m\ntriton_server_flags: ${value}`)).toContain(message);
  });
});

test('flags of perf_analyzer that tma decides are said and not handed on', () => {
  const yaml =
    'profile_models: m\nload_generator: perf_analyzer\nperf_analyzer_flags: {url: other:8000, model-name: x, service-kind: triton, percentile: 95, latency-report-file: f}';
  const { models, notes } = experimentOf(yaml);
  expect(models[0]?.load.flags).toEqual(['--percentile', '95']);
  expect(notes).toEqual([
    'perf_analyzer_flags of m: url is decided by triton_http_endpoint and triton_grpc_endpoint',
    'perf_analyzer_flags of m: model-name is decided by profile_models',
    'perf_analyzer_flags of m: service-kind is decided by triton_launch_mode',
    'perf_analyzer_flags of m: latency-report-file is decided by export_path',
  ]);
});
