import type Docker from 'dockerode';
import { formatBytes } from '../../wording.ts';
import { engineError } from './engine.ts';
import { credentialsFor } from './registry.ts';

/** One line of the engine's progress while it pulls. */
export interface PullEvent {
  readonly id?: string;
  readonly status?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

/**
 * Makes sure that the image is there, pulling it if it is not.
 * @returns the image's id, which changes with its content.
 * @throws UserError when it can't be had, with the registry's reason.
 */
export async function ensureImage(
  docker: Docker,
  image: string,
  { platform, onProgress }: { platform?: string | undefined; onProgress(text: string): void },
): Promise<string> {
  const known = await inspectImage(docker, image);
  if (known) return known;
  onProgress(`pulling ${image}`);
  try {
    const authconfig = await credentialsFor(image);
    const stream = await docker.pull(image, {
      ...(authconfig && { authconfig }),
      ...(platform && { platform }),
    });
    const report = pullProgress(image, onProgress);
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(
        stream,
        (error: Error | null) => (error ? reject(error) : resolve()),
        (event: PullEvent) => report(event),
      );
    });
  } catch (error) {
    throw engineError(`${image} could not be pulled`, 'image', error);
  }
  const pulled = await inspectImage(docker, image);
  if (pulled) return pulled;
  throw engineError(
    `${image} could not be pulled`,
    'image',
    new Error('the engine does not have it afterwards'),
  );
}

async function inspectImage(docker: Docker, image: string): Promise<string | undefined> {
  try {
    return (await docker.getImage(image).inspect()).Id;
  } catch (error) {
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
