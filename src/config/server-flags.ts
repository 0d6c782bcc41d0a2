import { z } from 'zod';
import { withoutSecrets } from './secrets.ts';
import { isMapping, plainOf, show, textOf } from './written.ts';

/** tritonserver's flags by name; several values of one are a list. */
export type ServerFlags = Readonly<Record<string, string | readonly string[]>>;

/** A flag's name as tritonserver writes it: `_` for `-` and a leading `--` do not count. */
export const flagName = (key: string): string => key.replace(/^--/, '').replaceAll('_', '-');

const scalar = { type: ['string', 'number', 'boolean', 'null'] };
const JSON_FORM = {
  anyOf: [
    { type: 'object', additionalProperties: { anyOf: [scalar, { type: 'array', items: scalar }] } },
    { type: 'array', items: { type: 'string' } },
    { type: 'string' },
  ],
};

/** The zod form: a mapping of names to values, or the flags as they stand on a command line. */
export const serverFlags = z
  .unknown()
  .transform((value, context): ServerFlags => {
    const fail = (path: (string | number)[], message: string): void =>
      context.addIssue({ code: 'custom', path, message });
    if (isMapping(value)) return fromMapping(value, fail);
    const words = typeof value === 'string' ? value.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) : value;
    if (Array.isArray(words) && words.every((word) => typeof word === 'string'))
      return fromWords(words.map(unquoted), fail);
    fail([], `expected a mapping of tritonserver's flags to values, found ${show(value)}`);
    return {};
  })
  .meta(JSON_FORM);

type Fail = (path: (string | number)[], message: string) => void;

function fromMapping(value: Record<string, unknown>, fail: Fail): ServerFlags {
  const entries = Object.entries(value).flatMap(([key, given]): [string, string | string[]][] => {
    const several = Array.isArray(given);
    const list = (several ? given : [given]).filter((item: unknown) => item !== null);
    const texts = list.map(flagText);
    const wrong = list.find((_item, index) => texts[index] === undefined);
    if (wrong !== undefined)
      fail([key], `expected a value or a list of values, found ${show(withoutSecrets(wrong, key))}`);
    const good = texts.filter((text) => text !== undefined);
    return good.length === 0 ? [] : [[key, several && good.length > 1 ? good : good[0]!]];
  });
  return Object.fromEntries(entries);
}

/** A truth value is `true` or `false` to tritonserver, however it is written. */
const flagText = (value: unknown): string | undefined =>
  typeof plainOf(value) === 'boolean' ? String(plainOf(value)) : textOf(value);

const unquoted = (word: string): string => word.replace(/"([^"]*)"|'([^']*)'/g, '$1$2');

/** `--name=value`, `--name value` or `--name`. */
function fromWords(words: readonly string[], fail: Fail): ServerFlags {
  const values = new Map<string, string[]>();
  let open: string | undefined;
  const add = (name: string, value: string): void => {
    const list = values.get(name);
    if (list) list.push(value);
    else values.set(name, [value]);
  };
  for (const [index, word] of words.entries()) {
    const match = /^--([\w-]+)(?:=(.*))?$/s.exec(word);
    if (match) {
      if (open !== undefined) add(open, '');
      open = match[2] === undefined ? match[1]! : undefined;
      if (match[2] !== undefined) add(match[1]!, match[2]);
    } else if (open !== undefined) {
      add(open, word);
      open = undefined;
    } else {
      fail([index], `expected a flag such as --log-verbose=1, found ${show(word)}`);
    }
  }
  if (open !== undefined) add(open, '');
  return Object.fromEntries([...values].map(([name, list]) => [name, list.length > 1 ? list : list[0]!]));
}

/** What says instead, for flags that a run sets itself. */
const DECIDED: ReadonlyMap<string, string> = new Map([
  ['model-repository', 'model_repository'],
  ['model-store', 'model_repository'],
  ['http-port', 'triton_http_endpoint'],
  ['grpc-port', 'triton_grpc_endpoint'],
  ['metrics-port', 'triton_metrics_url'],
  ['http-address', 'triton_launch_mode'],
  ['grpc-address', 'triton_launch_mode'],
  ['metrics-address', 'triton_launch_mode'],
  ['metrics-interval-ms', 'monitoring_interval'],
  ['log-file', 'triton_output_path'],
  ['model-control-mode', 'tma, which loads one configuration after the other'],
  ['repository-poll-secs', 'tma, which loads one configuration after the other'],
  ['load-model', 'tma, which loads one configuration after the other'],
  ['model-config-name', 'tma, which gives every configuration itself, made from config.pbtxt'],
]);

/** The flag of DECIDED that is meant: tritonserver takes a name that is cut short, too, as long as it is clear. */
function decidedFlag(key: string): string | undefined {
  const name = flagName(key);
  if (DECIDED.has(name)) return name;
  const [first, second] = [...DECIDED.keys()].filter((flag) => name !== '' && flag.startsWith(name));
  return second === undefined ? first : undefined;
}

/** The flags that a server gets, and a line for each that it does not get from here. */
export function splitServerFlags(given: ServerFlags): { flags: ServerFlags; notes: string[] } {
  const entries = Object.entries(given);
  return {
    flags: Object.fromEntries(entries.filter(([key]) => decidedFlag(key) === undefined)),
    notes: entries.flatMap(([key]) => {
      const flag = decidedFlag(key);
      return flag === undefined ? [] : [`triton_server_flags: ${flag} is decided by ${DECIDED.get(flag)}`];
    }),
  };
}

/** A flag that takes away what tma needs of its server, with why; undefined: there is none. */
export function missedService(
  given: ServerFlags,
  protocol: 'http' | 'grpc',
): { readonly key: string; readonly message: string } | undefined {
  const off = (name: string): string | undefined =>
    Object.keys(given).find((key) => isCutShort(key, name) && /^(false|off|0)$/i.test(String(given[key])));
  const http = off('allow-http');
  if (http !== undefined)
    return { key: http, message: 'tma loads models by HTTP, so allow-http must not be false' };
  const restricted = restrictedApi(given);
  if (restricted) return restricted;
  const grpc = protocol === 'grpc' ? off('allow-grpc') : undefined;
  return grpc === undefined
    ? undefined
    : { key: grpc, message: 'client_protocol is grpc, so allow-grpc must not be false' };
}

/** Whether a key is this `allow-` flag, maybe cut short. */
const isCutShort = (key: string, name: string): boolean =>
  name.startsWith(flagName(key)) && flagName(key).length > 'allow-'.length;

/** The parts of Triton's HTTP API that every trial asks, without a header of its own. */
const ASKED = ['health', 'metadata', 'model-config', 'model-repository', 'statistics'];

/** `http-restricted-api: health,metadata:KEY=VALUE` answers only who sends that header. */
function restrictedApi(given: ServerFlags): { readonly key: string; readonly message: string } | undefined {
  for (const [key, value] of Object.entries(given)) {
    if (flagName(key) !== 'http-restricted-api') continue;
    const parts = [value].flat().flatMap((text) =>
      text
        .split(':')[0]!
        .split(',')
        .map((part) => part.trim()),
    );
    const asked = ASKED.find((part) => parts.includes(part));
    if (asked !== undefined)
      return { key, message: `tma asks for ${asked} by HTTP, so http-restricted-api must not restrict it` };
  }
  return undefined;
}
