import { z } from 'zod';
import { documented } from './documented.ts';
import { MARK_TAGS } from './marks.ts';
import * as stored from './measurement-line.ts';

/** A measurement and its load, as results.json holds them: the schemas of the journal with a text for every field. */

const [closedLoop, openLoop] = stored.load.options;
const load = z.discriminatedUnion('kind', [
  documented(closedLoop, { kind: 'a closed loop', inFlight: 'requests always in flight' }),
  documented(openLoop, {
    kind: 'an open loop',
    perSecond: 'requests sent a second, whatever is in flight',
  }),
]);

const stream = documented(stored.stream.extend({ load }), {
  model: 'name of the model',
  load: 'how much load',
  batchSize: 'inferences in each request',
}).meta({ id: 'Stream', description: 'the load on one model' });

export const loadPoint = documented(stored.point.extend({ streams: z.tuple([stream], stream) }), {
  streams: 'the load on each model, all at the same time',
}).meta({ id: 'LoadPoint', description: 'one load' });

const figures = documented(stored.figures, {
  values: 'metric -> value, in the unit that `metrics` says; what was not measured is absent',
  intervals: 'metric -> its 95 % interval, null where an end is not known',
}).meta({ id: 'Figures' });

const client = documented(stored.client, {
  engine: 'what made the load',
  threads: 'threads that shared it',
  busy: 'share of the time that the busiest thread had something to do, 0 to 1',
  cpuUs: 'CPU time for one request, microseconds',
  gc: 'share of the time that went into collecting garbage',
  floor: 'what it can do against a server that answers at once',
  lateness: 'open loop: how late requests were sent, ms',
  asked: 'open loop: requests a second that were asked for',
  dropped: 'open loop: requests that were never sent',
  waited: 'open loop: requests that waited as too many were in flight',
  full: 'open loop: as many requests were in flight as may be',
});

const gpuState = documented(stored.gpuState, {
  smClockMHz: 'lowest and highest SM clock, MHz',
  memoryClockMHz: 'lowest and highest memory clock, MHz',
  temperatureC: 'highest temperature, degrees Celsius',
  powerW: 'mean power, watts',
  throttled: 'what held its clocks back',
});

const beyond = documented(stored.beyond, {
  limit: 'the limit, in the unit of its metric',
  share: 'share of the requests that took longer, 0 to 1',
  of: 'how many independent requests tell that share as surely as those that were counted: neighbours depend on each other',
}).meta({ id: 'Beyond' });

const composing = documented(
  stored.composing.extend({
    models: z.array(
      documented(stored.composingModel, {
        model: 'its name',
        requests: 'requests that it answered for each request of the model that load was put on',
        values: 'metric -> value, of its own requests',
        intervals: 'metric -> 95 % interval, null where an end is not known',
      }),
    ),
  }),
  {
    by: "steps: those that the ensemble names; calls: everything else that ran meanwhile on tma's own server, which only the model, or what it called, can have asked for",
    models: 'each of them',
  },
).meta({ id: 'Composing', description: 'the models that took part in answering' });

export const measurement = documented(
  stored.measurement.extend({
    point: loadPoint,
    whole: figures,
    beyond: z.record(z.string(), beyond).optional(),
    models: z.record(z.string(), figures).optional(),
    composing: composing.optional(),
    client: client.optional(),
    gpuStates: z.record(z.string(), gpuState).optional(),
    drifted: documented(stored.drift, {
      by: 'by which share the machine was faster (above 0) or slower (below 0); 0: other programs had much more, or much less, of the CPU, and how much that did is not known',
    }).optional(),
    stalls: documented(stored.hostStalls, {
      windows: 'windows in which it did',
      leftOut: "how many of them are left out of the client's figures: all, or none",
      longestMs: 'the longest, milliseconds',
    }).optional(),
    gpuSharers: z
      .array(
        documented(stored.gpuSharer, {
          uuid: 'the GPU',
          pid: 'id of the process',
          name: 'name of its program',
        }),
      )
      .optional(),
    bottleneck: documented(stored.bottleneck, {
      who: 'server, or client: then the figures are the least that the server can do',
      reasons: 'why it is the client',
    }).optional(),
  }),
  {
    point: 'the load',
    whole: 'everything that was measured, of all models together',
    beyond: 'how many requests were beyond the limits on percentiles that it was measured under, by metric',
    models: 'what was measured of each model; absent where one alone was loaded, of which it is the whole',
    composing:
      'the models that took part in answering: the members of an ensemble, or what it called; absent: none did, or an earlier tma wrote the file',
    gpus: 'metric -> value by GPU UUID',
    gpuStates: 'clocks, temperature and power by GPU UUID, as the driver told them',
    gpusInUse:
      'GPUs that its instances are placed on; 0: they are on the CPU alone; absent: that can not be told',
    energyBy:
      "what tells its energy: the GPUs' own counter, or their mean power; absent: it was not measured",
    shared: 'other variants ran on the same server before: its memory figures hold what they left',
    client: 'how the load generator fared',
    bottleneck: 'whether the server or the client set these figures',
    looks: 'made of so many measurements of the same load; absent: of one',
    confirmed: 'measured again on a fresh server',
    starts: 'on so many starts of the server; absent: on one',
    drifted:
      'the machine was in another state than when what it is compared with was measured, or changed meanwhile',
    stalls: 'the host of server or client stood still meanwhile',
    gpuSharers: "processes that are not the server's, on its GPUs",
    takenOver: 'an earlier session measured it, at startedAt, and this one took it over',
    againAlone: 'why it was measured once more without neighbours',
    besideOthers:
      'why it seems to have suffered from what was measured beside it; it was not measured once more alone',
    othersShare: "share of this machine's CPU that other programs had meanwhile, 0 to 1; absent: not known",
    idleShare: "share of this machine's CPU that nobody used meanwhile, 0 to 1; absent: not known",
    requests: 'requests that the values are made of',
    failures: 'failed requests by class: how many, and the words of the first',
    durationS: 'seconds that the values span',
    warmupS: 'seconds of warm-up before',
    windows: 'windows measured',
    counted: 'windows that the values are made of',
    stable: 'as precise or as steady as was asked',
    warnings: 'what a reader should know before trusting it',
    startedAt: 'when it started, ISO 8601',
  },
).meta({ id: 'Measurement' });

export const mark = documented(
  z.object({ tag: z.enum(MARK_TAGS), text: z.string(), from: z.string().optional() }),
  {
    tag: 'which mark, one of `marks`',
    text: 'what it says of this measurement',
    from: 'of what was taken over: the day on which it was measured',
  },
).meta({ id: 'Mark', description: 'what is to be known of a measurement before its figures are trusted' });
