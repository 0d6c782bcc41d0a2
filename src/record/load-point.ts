/** One load to measure a candidate at, and inferences in each request. Exactly one of the two loads is given. */
export interface LoadPoint {
  readonly batchSize: number;
  /** Requests always in flight. */
  readonly concurrency?: number;
  /** Requests sent a second, whatever is in flight. */
  readonly requestRate?: number;
}

/** How much load: requests in flight, or requests a second. */
export const levelOf = ({ concurrency, requestRate }: LoadPoint): number => concurrency ?? requestRate ?? 0;

/** Whether the load is a request rate. */
export const isRate = ({ concurrency }: LoadPoint): boolean => concurrency === undefined;

/** `4 in flight`, `200 requests/s`. */
export const levelText = (point: LoadPoint): string =>
  isRate(point) ? `${levelOf(point)} requests/s` : `${levelOf(point)} in flight`;

/** What an axis of these loads shows. */
export const axisOf = (points: readonly LoadPoint[]): string =>
  points.length > 0 && points.every(isRate) ? 'requests a second' : 'requests in flight';

/** Whether two points are the same load. */
export const isSamePoint = (a: LoadPoint, b: LoadPoint): boolean =>
  a.batchSize === b.batchSize && a.concurrency === b.concurrency && a.requestRate === b.requestRate;
