import type { ComposingModel, Measurement } from '../../record/measurement.ts';
import { COLOR } from './draw.ts';

/** The stages of a request inside the server, in order; the same colours everywhere. */
export const STAGES = [
  { tag: 'perf_server_queue', kind: 'queue', name: 'queue', color: COLOR.queue },
  { tag: 'perf_server_compute_input', kind: 'input', name: 'compute input', color: COLOR.input },
  { tag: 'perf_server_compute_infer', kind: 'infer', name: 'compute infer', color: COLOR.infer },
  { tag: 'perf_server_compute_output', kind: 'output', name: 'compute output', color: COLOR.output },
] as const;

const WAITS = { kind: 'other', name: 'waits to be sent', color: COLOR.other } as const;
const ELSEWHERE = { kind: 'rest', name: 'elsewhere in the server', color: COLOR.rest } as const;
const OUTSIDE = { kind: 'outside', name: 'network and client', color: COLOR.outside } as const;
/** Where the server's stages are known, and not how long it had a request: what it does beside them is in it, too. */
const BESIDE_STAGES = { ...OUTSIDE, name: 'server beside these, network and client' } as const;

/** What a request's mean time is spent on, in order; what happens in the server lies between the others. */
export const PARTS = [WAITS, ...STAGES, ELSEWHERE, OUTSIDE, BESIDE_STAGES] as const;

type Part = (typeof PARTS)[number];
type Kind = Part['kind'];

/** A part of the mean time that a request takes. */
export interface TimePart {
  readonly kind: Kind;
  readonly name: string;
  readonly ms: number;
  /** So much of the whole it stands for: less than `ms` where members ran at the same time. */
  readonly drawnMs: number;
  /** The member of an ensemble, or the model that was called, that spent it. */
  readonly member?: string;
}

/** Where the mean time of a request goes. */
export interface RequestTime {
  /** Milliseconds from when it was due, or sent, to the last byte of its answer. */
  readonly totalMs: number;
  /** In their order; what is drawn of them comes to the whole. */
  readonly parts: readonly TimePart[];
  /** Milliseconds within the server. */
  readonly serverMs: number;
}

/** @returns undefined where the server did not tell. */
export function requestTime(measurement: Measurement): RequestTime | undefined {
  const { values } = measurement.whole;
  const inside = values['perf_server_request'];
  const stages = stageParts(measurement);
  if (inside === undefined && stages.length === 0) return undefined;
  const serverMs = inside ?? sumOf(stages);
  const inServer = within(stages, serverMs);
  // Of an open loop the latency counts from when a request was due.
  const sent = values['perf_service_latency_avg'] ?? values['perf_latency_avg'];
  const totalMs = values['perf_latency_avg'] ?? sent ?? serverMs;
  const plain = (part: Part, ms: number): TimePart[] =>
    ms > ROUNDING * totalMs ? [{ kind: part.kind, name: part.name, ms, drawnMs: ms }] : [];
  return {
    totalMs,
    serverMs,
    parts: [
      ...plain(WAITS, sent === undefined ? 0 : totalMs - sent),
      ...inServer,
      ...plain(ELSEWHERE, serverMs - drawnOf(inServer)),
      ...plain(inside === undefined ? BESIDE_STAGES : OUTSIDE, sent === undefined ? 0 : sent - serverMs),
    ].filter(({ ms }) => ms > 0),
  };
}

/** A difference of less than this share is how numbers are rounded. */
const ROUNDING = 1e-9;

const sumOf = (parts: readonly { readonly ms: number }[]): number =>
  parts.reduce((sum, { ms }) => sum + ms, 0);

const drawnOf = (parts: readonly TimePart[]): number => parts.reduce((sum, { drawnMs }) => sum + drawnMs, 0);

/** Parts that come to no more than a time: those of models that ran at the same time are drawn smaller than they are. */
function within(parts: readonly TimePart[], mostMs: number): TimePart[] {
  const sum = drawnOf(parts);
  const scale = sum > mostMs ? mostMs / sum : 1;
  return parts.map((part) => ({ ...part, drawnMs: part.drawnMs * scale }));
}

/**
 * The stages in the server. Those of an ensemble are its members', as it has none of its own and Triton's figures for it
 * lack their queues; those of a model that calls others hold what it called within compute infer.
 */
function stageParts({ whole: { values }, composing }: Measurement): TimePart[] {
  const own = partsOf(values, 1);
  if (!composing) return own;
  const members = composing.models.flatMap((member) =>
    partsOf(member.values, member.requests).map((part) => ({ ...part, member: member.model })),
  );
  if (composing.by === 'steps') return members;
  return own.flatMap((part) => {
    if (part.kind !== 'infer') return [part];
    const called = within(members, part.ms);
    const left = part.ms - sumOf(members);
    return [...called, ...(left > 0 ? [{ ...part, ms: left, drawnMs: left }] : [])];
  });
}

const partsOf = (values: Readonly<Record<string, number>>, times: number): TimePart[] =>
  STAGES.flatMap(({ tag, kind, name }) => {
    const ms = values[tag] === undefined ? undefined : values[tag] * times;
    return ms === undefined ? [] : [{ kind, name, ms, drawnMs: ms }];
  });

/** Milliseconds of a request in a stage, all members together. */
export const stageMs = (measurement: Measurement, kind: Kind): number =>
  sumOf(stageParts(measurement).filter((part) => part.kind === kind));

/** Milliseconds of a request that a member spent on it, its queue included. */
export const memberMs = ({ values, requests }: ComposingModel): number => sumOf(partsOf(values, requests));
