import { z } from 'zod';
import { type Fault, messageOf, type ToldMistake } from '../ground/errors.ts';
import type { Shape } from '../ground/shape.ts';
import type { FailureKind } from '../record/failure-kind.ts';
import type { PointOutcome, TrialEnd } from '../record/run.ts';
import { faultOfFailure } from '../server/failure.ts';
import { strictConstraint, strictPoint } from './strict-record.ts';
import type { Tools } from './tools.ts';
import { type OpenTrial, openTrial, type PointRequest } from './trial.ts';
import type { TrialEvent } from './trial-event.ts';
import { type TrialSpec, whyNotLoaded } from './trial-spec.ts';

/** What a trial says, a line of JSON each. */
export type TrialLine =
  | TrialEvent
  /** The model is served, or why it is not. */
  | { readonly kind: 'open'; readonly failed?: { readonly kind: string; readonly cause: string } }
  | { readonly kind: 'point'; readonly outcome: PointOutcome }
  /** A line that asked for nothing that can be done. */
  | { readonly kind: 'refused'; readonly why: string }
  /** Something worth one line: what is not as it was when the spec was written, an image that is pulled. */
  | { readonly kind: 'note'; readonly text: string }
  /** A mistake of the user's, or something that is missing on the machine: nothing more is measured. */
  | ToldMistake
  | { readonly kind: 'end'; readonly end: TrialEnd };

/** How a trial went. */
export interface TrialAccount {
  readonly measured: number;
  readonly failed: number;
  /** What ended it before its end. */
  readonly failure?: {
    readonly kind: FailureKind | undefined;
    /** Whether a server had come up by then. */
    readonly started: boolean;
    readonly fault: Fault;
  };
}

const request = z.strictObject({
  measure: z.strictObject({
    point: strictPoint,
    matters: z.array(strictConstraint).optional(),
    limits: z.array(strictConstraint).optional(),
    withinS: z.number().positive().optional(),
  } satisfies Shape<PointRequest>),
});

/**
 * Opens a spec's trial, measures its points or, where it has none, what each line asks for
 * (`{"measure": {"point": {"streams": [{"model": "m", "load": {"kind": "concurrency", "inFlight": 4}, "batchSize": 1}]}}}`), and closes it.
 * @param requests lines of JSON; not read where the spec has points.
 * @throws UserError when nothing can be launched.
 */
export async function runTrial(
  spec: TrialSpec,
  tools: Tools,
  requests: AsyncIterable<string>,
  say: (line: TrialLine) => void,
  signal: AbortSignal,
): Promise<TrialAccount> {
  const trial = await openTrial(spec, tools, say, signal);
  const account = { measured: 0, failed: 0 };
  try {
    const { failure } = trial;
    say({
      kind: 'open',
      ...(failure && { failed: { kind: failure.kind ?? 'other', cause: failure.cause ?? '' } }),
    });
    for await (const wanted of wantedBy(spec, requests, say)) {
      const outcome = await trial.measure(wanted);
      account[outcome.state]++;
      say({ kind: 'point', outcome });
    }
    const ended = trial.failure;
    if (ended === undefined) return account;
    const { kind, started } = ended;
    return { ...account, failure: { kind, started, fault: faultOfFailure(kind ?? 'other') } };
  } finally {
    await closed(trial, say);
  }
}

async function closed(trial: OpenTrial, say: (line: TrialLine) => void): Promise<void> {
  say({ kind: 'end', end: await trial.close() });
}

async function* wantedBy(
  spec: TrialSpec,
  requests: AsyncIterable<string>,
  say: (line: TrialLine) => void,
): AsyncGenerator<PointRequest> {
  if (spec.points) {
    for (const point of spec.points) yield { point };
    return;
  }
  for await (const line of requests) {
    if (line.trim() === '') continue;
    const read = readRequest(line, spec);
    if (typeof read === 'string') say({ kind: 'refused', why: read });
    else yield read;
  }
}

/** What a line asks for, or why it asks for nothing. */
function readRequest(line: string, spec: TrialSpec): PointRequest | string {
  try {
    const read = request.safeParse(JSON.parse(line));
    if (read.success) {
      const { measure } = read.data;
      return whyNotLoaded(measure.point, spec) ?? (measure as PointRequest);
    }
    const [issue] = read.error.issues;
    return `${issue!.path.length > 0 ? `${issue!.path.join('.')}: ` : ''}${issue!.message}`;
  } catch (error) {
    return `no JSON: ${messageOf(error)}`;
  }
}
