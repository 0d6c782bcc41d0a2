import { setTimeout as sleep } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { addressWithoutSecrets } from '../config/secrets.ts';
import { codeOf } from '../ground/errors.ts';
import { VERSION } from '../ground/version.ts';
import { proxyFor } from '../load/native/proxy.ts';
import type { FinishNotice } from '../record/finish-notice.ts';

/** So long one try may take, whatever it waits for. */
const TRY_MS = 4000;
/** Until a second try, which is the last. */
const PAUSE_MS = 500;

/** What came of one try: nothing that is wrong, or why it failed, and whether another may fare better. */
type Try = { readonly why: undefined } | { readonly why: string; readonly isWorthAnother: boolean };

/**
 * Posts a notice as JSON, in 8.5 s at most: a try of 4 s, and one more where nobody answered or the server was at a loss.
 * A redirection is not followed. Proxies are those of the environment (https_proxy, http_proxy, no_proxy).
 * @param signal aborted: it is given up at once.
 * @returns why it was not taken, in words without the address's secrets; undefined where it was.
 */
export async function postNotice(
  address: string,
  notice: FinishNotice,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const url = new URL(address);
  const dispatcher = await dispatcherFor(url);
  const body = JSON.stringify(notice);
  const say = (why: string): string => `${addressWithoutSecrets(address)} was not told how it ended: ${why}`;
  try {
    const first = await tryToPost(url, body, dispatcher, signal);
    if (first.why === undefined) return undefined;
    if (!first.isWorthAnother || signal?.aborted) return say(first.why);
    await sleep(PAUSE_MS, undefined, { signal }).catch(() => {});
    const second = await tryToPost(url, body, dispatcher, signal);
    return second.why === undefined ? undefined : say(`${second.why} (tried twice)`);
  } finally {
    dispatcher.destroy().catch(() => {});
  }
}

async function dispatcherFor({ hostname, protocol }: URL): Promise<Dispatcher> {
  const { Agent, ProxyAgent } = await import('undici');
  const proxy = proxyFor({ host: hostname, secure: protocol === 'https:' });
  const connect = { timeout: TRY_MS };
  return proxy
    ? new ProxyAgent({ uri: proxy, proxyTls: connect, requestTls: connect })
    : new Agent({ connect });
}

async function tryToPost(
  { origin, pathname, search, username, password }: URL,
  body: string,
  dispatcher: Dispatcher,
  signal: AbortSignal | undefined,
): Promise<Try> {
  const limit = AbortSignal.timeout(TRY_MS);
  const user = `${decoded(username)}:${decoded(password)}`;
  try {
    const answer = await dispatcher.request({
      origin,
      path: `${pathname}${search}`,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': `tma/${VERSION}`,
        ...(user !== ':' && { authorization: `Basic ${Buffer.from(user).toString('base64')}` }),
      },
      body,
      signal: signal ? AbortSignal.any([limit, signal]) : limit,
    });
    // What it answers is not read, however much that is.
    answer.body.on('error', () => {}).destroy();
    return tryOf(answer.statusCode);
  } catch (error) {
    if (limit.aborted) return { why: `no answer within ${TRY_MS / 1000} s`, isWorthAnother: true };
    if (signal?.aborted) return { why: 'tma was stopped', isWorthAnother: false };
    return { why: `it can not be reached (${codeOf(error) ?? 'no connection'})`, isWorthAnother: true };
  }
}

/** A part of an address as it was meant; one that is not encoded as it should be is taken as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function tryOf(status: number): Try {
  if (status >= 200 && status < 300) return { why: undefined };
  if (status >= 300 && status < 400)
    return { why: `it answered HTTP ${status}, and redirections are not followed`, isWorthAnother: false };
  return { why: `it answered HTTP ${status}`, isWorthAnother: status >= 500 || status === 429 };
}
