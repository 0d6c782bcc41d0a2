import type { JsonValue } from '@bufbuild/protobuf';
import type { ModelConfig } from '../../model-config/model-config.ts';
import { batchSizeOf, isRate, type LoadPoint, levelOf } from '../../record/load-point.ts';
import type { Candidate } from '../../space/space.ts';
import { capacityOf, instancesOf } from './encoding.ts';

/** What the throughput of a server in a closed loop depends on. */
export interface Part {
  readonly instances: number;
  /** The largest batch that is executed, in inferences. */
  readonly largest: number;
  /** Requests in flight, and inferences in each. */
  readonly inFlight: number;
  readonly batch: number;
  /** For how long a request may wait for a batch to fill, ms; absent: not at all. */
  readonly delayMs?: number;
}

/**
 * Logarithms of what a server is made of: the time of an execution without its inferences, ms, and, each over that: the time
 * of one inference more, of the client's loop outside of queue and execution, and of what is done for one inference after the
 * other whatever the instances; how far instances hold each other up; how much longer what is done one after the other takes
 * for each request in flight; and the queue delay with which half of what could gather in a batch does. The last is no time: how many
 * batches wait in the queue beside those that the instances execute.
 */
export type Parameters = Float64Array;

interface Prior {
  readonly mean: number;
  readonly deviation: number;
}

// Wide: what servers were seen to be made of lies well inside. Not tuned.
const ITEM: Prior = { mean: Math.log(0.2), deviation: 1.5 };
const LOOP: Prior = { mean: Math.log(0.2), deviation: 1.2 };
const SERIAL: Prior = { mean: Math.log(0.02), deviation: 1.3 };
const SHARED: Prior = { mean: Math.log(0.3), deviation: 1.2 };
const CROWDING: Prior = { mean: Math.log(0.01), deviation: 1.5 };
const THRONG: Prior = { mean: Math.log(0.001), deviation: 1.5 };
const GATHERING: Prior = { mean: Math.log(0.05), deviation: 1.5 };
const QUEUED: Prior = { mean: Math.log(0.5), deviation: 0.7 };
const EXECUTION_DEVIATION = 1.5;

const PARAMETERS = 9;

/** Of two numbers the lesser, without a corner: the norm of order -6. */
const lesser = (a: number, b: number): number => 1 / Math.sqrt(Math.cbrt(sixth(1 / a) + sixth(1 / b)));
const sixth = (value: number): number => (value * value * value) ** 2;

/** The point as the mechanics see it; undefined: an open loop, which they say nothing of. */
export function partOf({ models: [{ config }] }: Candidate, point: LoadPoint): Part | undefined {
  if (isRate(point)) return undefined;
  const instances = instancesOf(config);
  const batch = batchSizeOf(point);
  return {
    instances,
    largest: Math.max(batch, capacityOf(config) / instances),
    inFlight: levelOf(point),
    batch,
    ...(delayOf(config) > 0 && { delayMs: delayOf(config) }),
  };
}

/** For how long a request waits for others, ms. */
function delayOf({ dynamic_batching: batching }: ModelConfig): number {
  const { max_queue_delay_microseconds: delay = 0 } = (batching ?? {}) as Partial<Record<string, JsonValue>>;
  return Number(delay) / 1000;
}

/** Where all requests in flight fill less than this share of the largest batch, it waits for the whole queue delay; how sharply that ends. */
const FILLED = 0.75;
const SHARPNESS = 12;

/** How requests meet in the queue. */
interface Batching {
  /** Instances that work at a time. */
  readonly busy: number;
  /** Batch that is executed, in inferences. */
  readonly batch: number;
  /** Time for which a batch waits to be filled, over the time of an execution without inferences. */
  readonly wait: number;
}

/**
 * What comes back from a round meets in the queue while the instances execute what came before, up to the largest batch. Where
 * requests may wait for each other, those that came together stay together: batches gather until they are full, and what never
 * fills one waits in every round.
 */
function batchingOf(
  { instances, largest, inFlight, batch, delayMs = 0 }: Part,
  parameters: Parameters,
): Batching {
  const execution = Math.exp(parameters[0]!);
  const [gathering, queued] = [Math.exp(parameters[7]!), Math.exp(parameters[8]!)];
  const all = inFlight * batch;
  const shared = lesser(instances, inFlight);
  const sharedBatch = Math.max(batch, lesser(all / (shared + queued), largest));
  if (delayMs === 0 || largest <= batch) return { busy: shared, batch: sharedBatch, wait: 0 };
  const delay = delayMs / execution;
  const gathers = delay / (delay + gathering);
  const full = Math.max(batch, lesser(all, largest));
  const blend = (apart: number, together: number): number => apart ** (1 - gathers) * together ** gathers;
  return {
    busy: blend(shared, lesser(instances, Math.max(1, all / full))),
    batch: blend(sharedBatch, full),
    wait: delay / (1 + (all / (FILLED * largest)) ** SHARPNESS),
  };
}

/**
 * Logarithm of the throughput, infer/s: the least of what the clients ask for in a round, of what the instances execute, and of
 * what passes one after the other. Instances hold each other up as in Gunther's universal scalability law.
 */
export function throughputOf(part: Part, parameters: Parameters): number {
  const [execution, item, loop, serial, shared, crowding, throng] =
    parameters as unknown as readonly number[];
  const { busy, batch, wait } = batchingOf(part, parameters);
  const heldUp = 1 + Math.exp(shared!) * (busy - 1) + Math.exp(crowding!) * busy * (busy - 1);
  const executionTime = (1 + Math.exp(item!) * batch) * heldUp;
  const asked = (part.inFlight * part.batch) / (executionTime + wait + Math.exp(loop!));
  const executed = (busy * batch) / executionTime;
  const passed = Math.exp(-serial!) / (1 + part.inFlight * Math.exp(throng!));
  const rate = lesser(lesser(asked, executed), passed);
  return Math.log(1000 * rate) - execution!;
}

/** A measured throughput. */
export interface Measured {
  readonly part: Part;
  /** Logarithm of infer/s. */
  readonly value: number;
  /** Variance of what the mechanics miss and of the noise. */
  readonly variance: number;
}

/** A server whose parameters are known as far as what was measured tells them. */
export interface Mechanics {
  readonly parameters: Parameters;
  /** What a point's throughput is expected to be by the parameters that were thought likeliest beforehand, to first order. */
  base(part: Part): number;
  /** By how much each parameter's prior deviation changes the logarithm of the throughput there. */
  slopes(part: Part): Float64Array;
}

const ROUNDS = 12;

/**
 * The likeliest parameters, by Levenberg and Marquardt's method, and the model around them to first order: a Gaussian process
 * with the slopes as further features has the whole uncertainty of the parameters in it.
 */
export function fitMechanics(measured: readonly Measured[], start?: Parameters): Mechanics {
  const priors = priorsOf(measured);
  const begin = Float64Array.from(priors, ({ mean }) => mean);
  const fits = [begin, ...(start ? [start] : [])].map((from) => descend(measured, priors, from));
  const parameters = fits.reduce((a, b) => (b.loss < a.loss ? b : a)).parameters;
  const slopes = (part: Part): Float64Array =>
    gradient(part, parameters).map((slope, index) => slope * priors[index]!.deviation);
  return {
    parameters,
    base(part) {
      const own = gradient(part, parameters);
      return own.reduce(
        (sum, slope, index) => sum + slope * (priors[index]!.mean - parameters[index]!),
        throughputOf(part, parameters),
      );
    },
    slopes,
  };
}

/** The execution's time is around what an inference took where that was least. */
function priorsOf(measured: readonly Measured[]): Prior[] {
  const least = Math.min(
    ...measured.map(
      ({ part, value }) => Math.log(1000 * Math.min(part.inFlight, part.instances) * part.batch) - value,
    ),
  );
  return [
    { mean: measured.length > 0 ? least - 0.3 : 0, deviation: EXECUTION_DEVIATION },
    ...[ITEM, LOOP, SERIAL, SHARED, CROWDING, THRONG, GATHERING, QUEUED],
  ];
}

const STEP = 1e-6;

function gradient(part: Part, parameters: Parameters): Float64Array {
  const here = throughputOf(part, parameters);
  const moved = Float64Array.from(parameters);
  return parameters.map((value, index) => {
    moved[index] = value + STEP;
    const there = throughputOf(part, moved);
    moved[index] = value;
    return (there - here) / STEP;
  });
}

function descend(
  measured: readonly Measured[],
  priors: readonly Prior[],
  from: Parameters,
): { readonly parameters: Parameters; readonly loss: number } {
  const lossOf = (parameters: Parameters): number =>
    measured.reduce(
      (sum, { part, value, variance }) => sum + (throughputOf(part, parameters) - value) ** 2 / variance,
      parameters.reduce(
        (sum, value, index) => sum + ((value - priors[index]!.mean) / priors[index]!.deviation) ** 2,
        0,
      ),
    );
  let [parameters, loss, damping] = [from, lossOf(from), 0.1];
  for (let round = 0; round < ROUNDS; round++) {
    const { hessian, slope } = normalEquations(measured, priors, parameters);
    for (const [index, row] of hessian.entries()) row[index]! += damping * (row[index]! + 1e-9);
    const step = solve(hessian, slope);
    const next = parameters.map((value, index) => value - Math.max(-2, Math.min(2, step[index]!)));
    const reached = lossOf(next);
    if (reached < loss) {
      const gained = loss - reached;
      [parameters, loss, damping] = [next, reached, damping / 5];
      if (gained < 1e-3) break;
    } else damping *= 8;
  }
  return { parameters, loss };
}

function normalEquations(measured: readonly Measured[], priors: readonly Prior[], parameters: Parameters) {
  const hessian = priors.map(({ deviation }, index) => {
    const row = new Float64Array(PARAMETERS);
    row[index] = deviation ** -2;
    return row;
  });
  const slope = Float64Array.from(
    priors,
    ({ mean, deviation }, index) => (parameters[index]! - mean) / deviation ** 2,
  );
  for (const { part, value, variance } of measured) {
    const own = gradient(part, parameters);
    const off = (throughputOf(part, parameters) - value) / variance;
    for (let i = 0; i < PARAMETERS; i++) {
      slope[i]! += own[i]! * off;
      for (let j = 0; j < PARAMETERS; j++) hessian[i]![j]! += (own[i]! * own[j]!) / variance;
    }
  }
  return { hessian, slope };
}

/** Solves a symmetric positive system by elimination. */
function solve(matrix: readonly Float64Array[], right: Float64Array): Float64Array {
  const rows = matrix.map((row) => Float64Array.from(row));
  const values = Float64Array.from(right);
  for (let i = 0; i < values.length; i++) {
    for (let j = i + 1; j < values.length; j++) {
      const factor = rows[j]![i]! / rows[i]![i]!;
      for (let k = i; k < values.length; k++) rows[j]![k]! -= factor * rows[i]![k]!;
      values[j]! -= factor * values[i]!;
    }
  }
  for (let i = values.length - 1; i >= 0; i--) {
    for (let k = i + 1; k < values.length; k++) values[i]! -= rows[i]![k]! * values[k]!;
    values[i]! /= rows[i]![i]!;
  }
  return values;
}
