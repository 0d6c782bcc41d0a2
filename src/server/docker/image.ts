import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { formatBytes } from '../../ground/wording.ts';
import { engineError } from './engine.ts';
import { ask, EngineSilent, type Limits, type Patience } from './patience.ts';
import { credentialsFor } from './registry.ts';

/** One line of the engine's progress while it pulls. */
export interface PullEvent {
  readonly id?: string;
  readonly status?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

/** How an image is waited for. */
export interface Pulling {
  readonly platform?: string | undefined;
  readonly patience: Patience;
  readonly signal: AbortSignal;
  onProgress(text: string): void;
}

/**
 * Makes sure that the image is there, pulling it if it is not; that may take as long as something goes on.
 * @returns the image's id, which changes with its content.
 * @throws UserError when it can't be had, with the registry's reason.
 */
export async function ensureImage(docker: Docker, image: string, pulling: Pulling): Promise<string> {
  const { platform, onProgress, patience, signal } = pulling;
  const limits = { seconds: patience.callS, signal };
  const known = await inspectImage(docker, image, limits);
  if (known) return known;
  onProgress(`pulling ${image}`);
  try {
    const authconfig = await credentialsFor(image);
    // The engine may look for the image in several registries before its first word.
    const stream = await ask('pull', { seconds: patience.pullS, signal }, (abortSignal) =>
      docker.pull(image, { ...(authconfig && { authconfig }), ...(platform && { platform }), abortSignal }),
    );
    await followPull(docker, stream, pulling, pullProgress(image, onProgress));
  } catch (error) {
    signal.throwIfAborted();
    throw engineError(`${image} could not be pulled`, 'image', error);
  }
  const pulled = await inspectImage(docker, image, limits);
  if (pulled) return pulled;
  throw engineError(
    `${image} could not be pulled`,
    'image',
    new Error('the engine does not have it afterwards'),
  );
}

/** Waits for the end of a pull, as long as there is something new about it. */
async function followPull(
  docker: Docker,
  stream: NodeJS.ReadableStream,
  { patience: { pullS }, signal }: Pulling,
  report: (event: PullEvent) => void,
): Promise<void> {
  let onNews = (): void => {};
  let stop = (): void => {};
  const enough = new Promise<never>((_, reject) => {
    const silent = (): void => reject(new EngineSilent(`nothing new about it for ${pullS} s`));
    let timer = setTimeout(silent, pullS * 1000);
    onNews = () => {
      clearTimeout(timer);
      timer = setTimeout(silent, pullS * 1000);
    };
    stop = () => clearTimeout(timer);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  const done = new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(
      stream,
      (error: Error | null) => (error ? reject(error) : resolve()),
      (event: PullEvent) => {
        onNews();
        report(event);
      },
    );
  });
  done.catch(() => {});
  try {
    await Promise.race([done, enough]);
  } finally {
    stop();
    (stream as Readable).destroy();
  }
}

async function inspectImage(docker: Docker, image: string, limits: Limits): Promise<string | undefined> {
  try {
    const found = await ask('image', limits, () => docker.getImage(image).inspect());
    return found.Id;
  } catch (error) {
    limits.signal?.throwIfAborted();
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw engineError('the Docker engine does not answer', 'create', error);
  }
}

/** Turns the engine's events into a line for each layer that is done. */
export function pullProgress(image: string, say: (text: string) => void): (event: PullEvent) => void {
  const layers = new Map<string, { done: boolean; current: number; total: number }>();
  return ({ id, status = '', progressDetail }) => {
    if (!id || !/layer|Waiting|Download|Extract|Verifying|Pull complete|Already exists/i.test(status)) return;
    const layer = layers.get(id) ?? { done: false, current: 0, total: 0 };
    layers.set(id, layer);
    if (/^Downloading/.test(status)) {
      layer.current = progressDetail?.current ?? layer.current;
      layer.total = progressDetail?.total ?? layer.total;
    }
    if (/^Download complete/.test(status)) layer.current = layer.total;
    if (layer.done || !/^(Pull complete|Already exists)/.test(status)) return;
    layer.done = true;
    const all = [...layers.values()];
    const done = all.filter((item) => item.done).length;
    const bytes = all.reduce((sum, item) => sum + item.current, 0);
    const total = all.reduce((sum, item) => sum + item.total, 0);
    const size = total > 0 ? `, ${formatBytes(bytes)} of ${formatBytes(total)}` : '';
    say(`pulling ${image}: layer ${id} done (${done} of ${all.length}${size})`);
  };
}
