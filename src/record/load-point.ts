/** How much load is put on a model. */
export type Load =
  /** Requests always in flight. */
  | { readonly kind: 'concurrency'; readonly inFlight: number }
  /** Requests sent a second, whatever is in flight. */
  | { readonly kind: 'rate'; readonly perSecond: number };

/** The load on one model. */
export interface Stream {
  readonly model: string;
  readonly load: Load;
  /** Inferences in each request. */
  readonly batchSize: number;
}

/** One load to measure a candidate at: a stream for each model that is loaded, all at the same time. */
export interface LoadPoint {
  readonly streams: readonly [Stream, ...Stream[]];
}

/** A load on one model: so many requests always in flight. */
export const inFlight = (model: string, requests: number, batchSize = 1): LoadPoint => ({
  streams: [{ model, load: { kind: 'concurrency', inFlight: requests }, batchSize }],
});

/** A load on one model: so many requests a second. */
export const atRate = (model: string, perSecond: number, batchSize = 1): LoadPoint => ({
  streams: [{ model, load: { kind: 'rate', perSecond }, batchSize }],
});

/** The same with each stream's level changed. */
export const withLevel = (
  { streams: [first, ...others] }: LoadPoint,
  level: (now: number) => number,
): LoadPoint => {
  const changed = (stream: Stream): Stream => ({
    ...stream,
    load: loadAt(stream.load, level(levelOfLoad(stream.load))),
  });
  return { streams: [changed(first), ...others.map(changed)] };
};

const loadAt = (load: Load, level: number): Load =>
  load.kind === 'rate' ? { kind: 'rate', perSecond: level } : { kind: 'concurrency', inFlight: level };

const levelOfLoad = (load: Load): number => (load.kind === 'rate' ? load.perSecond : load.inFlight);

const loadText = (load: Load): string =>
  load.kind === 'rate' ? `${load.perSecond} requests/s` : `${load.inFlight} in flight`;

/** How much load: requests in flight, or requests a second, of all streams together. */
export const levelOf = ({ streams }: LoadPoint): number =>
  streams.reduce((sum, { load }) => sum + levelOfLoad(load), 0);

/** Inferences in each request; where several models are loaded, of the first. */
export const batchSizeOf = ({ streams: [{ batchSize }] }: LoadPoint): number => batchSize;

/** Whether the load is made of request rates. */
export const isRate = ({ streams }: LoadPoint): boolean => streams.every(({ load }) => load.kind === 'rate');

/** `4 in flight`, `200 requests/s`. */
export const levelText = ({ streams }: LoadPoint): string =>
  streams.map(({ load }) => loadText(load)).join(' and ');

/** What an axis of these loads shows. */
export const axisOf = (points: readonly LoadPoint[]): string =>
  points.length > 0 && points.every(isRate) ? 'requests a second' : 'requests in flight';

/** Whether two points are the same load. */
export const isSamePoint = (a: LoadPoint, b: LoadPoint): boolean =>
  a.streams.length === b.streams.length &&
  a.streams.every((stream, index) => isSameStream(stream, b.streams[index]!));

const isSameStream = (a: Stream, b: Stream): boolean =>
  a.model === b.model &&
  a.batchSize === b.batchSize &&
  a.load.kind === b.load.kind &&
  levelOfLoad(a.load) === levelOfLoad(b.load);
