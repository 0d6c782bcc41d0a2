import { userError } from '../ground/errors.ts';
import { formatBytes } from '../ground/wording.ts';
import { byteSize, LENGTH_BYTES } from './tensor-data.ts';

/** Bytes of the tensors of one request. */
const MOST_REQUEST_BYTES = 512 * 2 ** 20;
/** Bytes of all requests that are prepared for a point. */
const MOST_BYTES = 2 ** 30;

/** How many elements a shape has; beyond any limit it need not be exact. */
export const countOf = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1);

/** Sizes that a message shows at most. */
const SHOWN_SIZES = 12;

/** Sizes in a message: `[3, 224, 224]`. */
export const shapeText = (shape: readonly number[]): string =>
  shape.length > SHOWN_SIZES
    ? `[${shape.slice(0, SHOWN_SIZES).join(', ')}, ... ${shape.length} sizes]`
    : `[${shape.join(', ')}]`;

/** The bytes of a tensor; texts take `textBytes` each. */
export const bytesOf = (datatype: string, shape: readonly number[], textBytes = 0): number =>
  countOf(shape) * (byteSize(datatype) ?? LENGTH_BYTES + textBytes);

/**
 * @param what takes so many bytes in each request, in words.
 * @throws UserError when that is more than tma prepares.
 */
export function checkRequestBytes(bytes: number, what: string, hint: string): void {
  if (bytes <= MOST_REQUEST_BYTES) return;
  const size = Number.isSafeInteger(bytes) ? formatBytes(bytes) : 'more bytes than can be counted';
  throw userError(
    `${what}: ${size} in one request, at most ${formatBytes(MOST_REQUEST_BYTES)} are sent`,
    hint,
  );
}

/** @throws UserError when the requests of all data together take more than tma keeps ready. */
export function checkAllBytes(bytes: number, what: string, hint: string): void {
  if (bytes <= MOST_BYTES) return;
  throw userError(
    `${what}: ${formatBytes(bytes)} in all, at most ${formatBytes(MOST_BYTES)} are kept ready`,
    hint,
  );
}
