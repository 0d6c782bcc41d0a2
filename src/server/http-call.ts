import { type Agent, type IncomingMessage, request } from 'node:http';
import { request as secureRequest } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import { codeOf, messageOf } from '../ground/errors.ts';
import { timerMs } from '../ground/timers.ts';
import { tlsOptions } from './tls.ts';
import { type Endpoint, TritonError } from './triton.ts';

/** One request, and how long and how large its answer may be. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string | undefined;
  /** Milliseconds for all of it, from the connection to the last byte. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Connections to be used again; false: one of its own. */
  readonly agent?: Agent | false;
  /** What `tlsOptions` says of the endpoint, where it is known already. */
  readonly tls?: ConnectionOptions | undefined;
  /** Bytes. */
  readonly mostBytes?: number;
}

/** What Triton answers is some kilobytes; an index of many models may be larger. */
export const MOST_ANSWER_BYTES = 16 * 2 ** 20;
/** Of the body of an error no more than this is read, bytes ... */
const MOST_ERROR_BYTES = 64 * 2 ** 10;
/** ... and no more than this is kept, characters. */
const MOST_ERROR_TEXT = 4000;
const MOST_FOREIGN_TEXT = 200;
/**
 * The body of a good answer. Whatever the server sends, or does not, this ends by its deadline and keeps little.
 * @throws TritonError for any other answer, and for none; the signal's reason when that is what ended it.
 */
export function httpCall(endpoint: Endpoint, asked: HttpRequest): Promise<string> {
  const { method, path, body, timeoutMs, signal, agent, mostBytes = MOST_ANSWER_BYTES } = asked;
  const { host, port, tls } = endpoint;
  const headers =
    body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const what = `${method} ${path}`;
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const options = { host, port, method, path, headers, signal, ...(agent !== undefined && { agent }) };
    const call = tls ? secureRequest({ ...options, ...(asked.tls ?? tlsOptions(tls)) }) : request(options);
    let answered = false;
    const fail = (error: unknown): void => {
      clearTimeout(timer);
      call.destroy();
      reject(signal?.aborted ? signal.reason : error);
    };
    const timer = setTimeout(
      () => fail(noAnswer(`no answer from the server within ${timeoutMs / 1000} s: ${what}`)),
      timerMs(timeoutMs),
    );
    call.on('response', (response) => {
      answered = true;
      readAnswer(response, { what, mostBytes }).then((text) => {
        clearTimeout(timer);
        resolve(text);
      }, fail);
    });
    call.on('upgrade', (response) => fail(badAnswer(`HTTP ${response.statusCode} from ${what}`)));
    call.on('error', (error) => fail(asTritonError(error, what)));
    // Whatever else may end it, it ends.
    call.on('close', () => {
      if (!answered) fail(noAnswer(`the server closed the connection: ${what}`));
    });
    call.end(body);
  });
}

const noAnswer = (message: string): TritonError => new TritonError(0, message, 'no answer');
const badAnswer = (message: string): TritonError => new TritonError(0, message, 'bad answer');

async function readAnswer(
  response: IncomingMessage,
  { what, mostBytes }: { what: string; mostBytes: number },
): Promise<string> {
  const status = response.statusCode ?? 0;
  const isGood = status === 200;
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of response as AsyncIterable<Buffer>) {
      bytes += part.length;
      if (isGood && bytes > mostBytes) {
        throw badAnswer(`the answer is larger than ${(mostBytes / 2 ** 20).toFixed(0)} MiB: ${what}`);
      }
      parts.push(part);
      if (!isGood && bytes > MOST_ERROR_BYTES) break;
    }
  } catch (error) {
    throw asTritonError(error, what);
  }
  const text = Buffer.concat(parts).toString('utf8');
  if (isGood) return text;
  throw new TritonError(status, errorText(text) || `HTTP ${status} from ${what}`);
}

/** Errors of the network and of Node's reader of HTTP, in words of ours. */
function asTritonError(error: unknown, what: string): TritonError {
  if (error instanceof TritonError) return error;
  const code = codeOf(error) ?? '';
  // Several addresses that all fail have no message of their own.
  const reason = messageOf(error) || code;
  return code.startsWith('HPE_')
    ? badAnswer(`the answer is not HTTP (${reason}): ${what}`)
    : noAnswer(`${reason}: ${what}`);
}

/** Triton's own words where it has some; of anything else, a page perhaps, only the beginning. */
function errorText(body: string): string {
  try {
    const { error } = JSON.parse(body) as { error?: unknown };
    if (error === undefined) return '';
    return beginning(typeof error === 'string' ? error : JSON.stringify(error), MOST_ERROR_TEXT);
  } catch {
    return beginning(body, MOST_FOREIGN_TEXT);
  }
}

const beginning = (text: string, most: number): string => {
  const trimmed = text.trim();
  return trimmed.length > most ? `${trimmed.slice(0, most)} ...` : trimmed;
};
