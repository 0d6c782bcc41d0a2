import { z } from 'zod';
import { documented } from './documented.ts';
import * as line from './line.ts';
import { MARK_TAGS } from './marks.ts';
import * as stored from './measurement-line.ts';

/** What the journal records, as results.json holds it: the schemas of a journal's lines with a text for every field. */

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

export const environment = documented(line.environment, {
  gpus: 'GPUs that the driver shows, by their names; [] without any',
  driver: 'version of the GPU driver',
  tma: 'version of tma',
  node: 'version of Node',
  os: 'operating system and kernel',
  cpu: 'model of the CPU',
  cores: 'CPU cores',
  memoryMB: 'memory of the machine, MB',
  launcher: 'local, docker, remote or c_api',
  server: 'path of tritonserver, its image, or its address',
  generator: 'what made the load: native or perf_analyzer',
  generatorVersion: 'version of a load generator that is not part of tma',
  protocol: 'protocol of inference requests; absent: http',
  command: 'the command line',
  folder: 'the folder that it was typed in',
}).meta({ id: 'Environment', description: 'the machine and the programs that measured' });

export const session = documented(
  line.session.omit({ kind: true, schemaVersion: true }).extend({
    environment,
    seeds: z
      .record(
        z.string(),
        documented(z.object({ search: z.number(), load: z.number() }), {
          search: 'of a search that chooses by chance (--search-seed)',
          load: "of a load's inputs, arrivals and sequences (random-seed of perf_analyzer_flags)",
        }),
      )
      .optional(),
  }),
  {
    id: 'what it is called: when it started, told apart from others of that moment',
    continues: 'the session that it went on with; what both measured is one',
    takesAll: 'an early version wrote it, which did not say what was taken over',
    fresh: 'it was to measure everything anew (--fresh)',
    startedAt: 'when it started, ISO 8601',
    environment: 'the machine and the programs that it measured with',
    goals: 'what each model was judged by',
    overall: 'what configurations of different models were judged by',
    load: 'hashes of what the load of each model was made by',
    seeds: 'what chance was drawn from, by model',
    wanted: 'a hash of which points of each model were to be measured',
  },
).meta({ id: 'Session', description: 'one call of tma profile' });

export const server = documented(line.server.omit({ kind: true }), {
  name: 'what the server calls itself',
  version: 'version of the server',
  gpus: 'its GPUs before it had a model: metric -> value by UUID',
}).meta({ id: 'Server', description: 'a server that was started' });

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

const measurement = documented(
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

const [measured, failed, skipped] = line.record.options;
const pointRecord = z
  .discriminatedUnion('state', [
    documented(measured.extend({ measurement, marks: z.array(mark).optional() }), {
      state: 'measured',
      key: 'the same for the same load on the same configuration',
      measurement: 'what came out',
      marks: 'what is to be known before it is trusted; absent: nothing, or an earlier tma wrote the file',
      again: 'measured once more on purpose: on the same server, or on one started for it',
      startS: 'seconds until the server that was started for it was ready; absent: it ran already',
      sentinel:
        "it was made to see whether the machine is as it was, and not for the point's own sake: it counts where nothing else does",
    }),
    documented(failed.extend({ point: loadPoint }), {
      state: 'failed',
      key: 'the same for the same load on the same configuration',
      point: 'the load',
      kind: 'kind of the failure',
      cause: 'what went wrong, in words',
    }),
    documented(skipped.extend({ points: z.array(loadPoint) }), {
      state: 'skipped',
      points: 'the loads',
      reason: 'why they could not be put on it',
    }),
  ])
  .meta({
    id: 'PointRecord',
    description: 'what became of one load, or of several that could not be put on it',
  });

const end = documented(
  line.end.extend({
    // Kinds that a later tma adds are read as well.
    kind: z.string().optional(),
    steps: documented(line.end.shape.steps, {
      startS: 'starting servers',
      loadS: 'loading the model',
      warmupS: 'warming up',
      measureS: 'measuring',
      stopS: 'stopping servers',
    }),
  }),
  {
    kind: 'kind of the failure; absent where it did not fail',
    cause: 'what went wrong, in words',
    lines: 'the lines of the log that show it',
    advice: 'what to try',
    logTail: "the end of the server's log",
    logFile: "the server's log",
    specFile: 'with it a trial in which something failed can be repeated: tma trial --spec FILE',
    effective: 'the configuration in effect, as the server told it',
    warnings: 'what a reader should know',
    steps: 'seconds that each step took',
    peakMemoryMB:
      "the most memory that the server's processes had resident, loading included, MB; absent where it is not known",
  },
);

const model = documented(line.model, {
  name: 'its name',
  role: 'measured: load is put on it; composing: another one is made of it',
  assignment: 'fields of config.pbtxt -> value, that part it from the default',
  config: 'the configuration as JSON',
  configText: 'the configuration as config.pbtxt',
  diff: 'lines of config.pbtxt that were removed (-), added (+) or stay',
}).meta({ id: 'ConfiguredModel', description: 'a model, and how it is configured' });

export const trial = documented(
  line.variant.omit({ kind: true }).extend({
    models: z.tuple([model], model),
    state: z.enum(['measured', 'failed', 'skipped', 'not tried']),
    points: z.array(pointRecord),
    end: end.optional(),
    starts: z.number().optional(),
  }),
  {
    key: 'the same where everything that may change a measurement is the same',
    parts: 'what the key is made of',
    name: 'name of the configuration',
    models: 'what it serves, those first that load is put on',
    isDefault: 'the configuration as it lies in the model repository',
    composing: 'models that it is made of and that were given configurations of their own',
    state:
      'failed: nothing measured, and a cause; skipped: none of its loads was legal; not tried: the run ended before anything is known of one',
    points: 'what became of each load',
    end: 'how its last trial ended',
    starts: 'how often a server was started for it; absent: once',
  },
).meta({ id: 'Trial', description: 'a configuration with everything that was found out about it' });

export const objective = documented(z.object({ tag: z.string(), weight: z.number() }), {
  tag: 'the metric',
  weight: 'relative to the other objectives',
}).meta({ id: 'Objective' });

/** A limit as it was given, whatever it comes to. */
export const limit = documented(line.constraint.extend({ tag: z.string() }), {
  tag: 'the metric that is limited',
  bound: 'whether the limit is the least or the most',
  value: 'the limit',
}).meta({ id: 'Limit' });

export const prices = documented(line.prices, {
  perGpuHour: 'of a GPU for an hour',
  perCpuHour: 'of a busy CPU core for an hour',
  currency: 'what they are in',
  requestRate: 'requests a second to be served, for the cost of a month',
}).meta({ id: 'Prices', description: 'what costs are worked out with' });

const { better, more } = line.belief.shape;
export const belief = documented(
  line.belief.extend({
    goal: documented(z.object({ objectives: z.array(objective), constraints: z.array(limit) }), {
      objectives: 'what it was optimised for',
      constraints: 'the limits',
    }),
    point: loadPoint,
    better: documented(better.extend({ point: loadPoint.optional() }), {
      chance: 'probability that something else that keeps the limits is better by more than 5 %',
      variant: 'name of the configuration that is the likeliest to be',
      assignment: 'fields of config.pbtxt -> value, by which that one differs from the default',
      point: 'the load at which it is the likeliest to be',
    }),
    more: documented(more.unwrap(), {
      minutes: 'so many minutes more',
      gain: 'are expected to make it better by this share of the objective',
      by: 'the option with which the search would go on for that',
    }).optional(),
  }),
  {
    goal: 'what it was judged by: it says nothing of other limits or objectives',
    variant: 'name of the configuration that the search would name',
    point: 'the load that it would name',
    value: 'the objective, where there is one alone, in its own unit',
    interval: 'its 95 % interval, which covers starts of the server',
    keeps: 'probability that every limit is kept',
    better: 'what may be better',
    more: 'what further time is expected to bring; absent: not known',
  },
).meta({
  id: 'Belief',
  description: 'what a search believes of its verdict, by everything that it measured',
});

const usedBudget = documented(line.usedBudget, {
  option: 'the option that gave it, as in perf.yaml',
  most: 'how much it allows',
  of: 'of what',
});

const searched = line.search.omit({ kind: true });
export const drift = documented(
  line.drift.omit({ kind: true, drifted: true }).extend({
    sentinel: documented(line.drift.shape.sentinel.extend({ point: loadPoint }), {
      variant: 'name of the configuration',
      point: 'the load',
    }),
    shifts: z.array(
      documented(line.drift.shape.shifts.element, {
        after: 'it changed after then, ISO 8601: the end of the last look before',
        before: 'and before then: the beginning of the first look after it',
        by: 'by which share the sentinel did better (above 0) or worse from then on',
      }),
    ),
  }),
  {
    models: 'the models that load was put on',
    sentinel: 'the point that was looked at again and again',
    looks: "how often it was, the search's own measurements of it included",
    shifts: 'where the machine changed; []: it was the same throughout, as far as these looks tell',
    again: 'how many measurements were made for it beside the looks',
    unfinished:
      'something that the verdict needs was not measured again: compared are figures of the state in which most was measured',
  },
).meta({ id: 'Drift', description: 'whether the machine was the same while a model was measured' });

export const search = documented(
  searched.extend({ ended: usedBudget.optional(), belief: belief.optional() }),
  {
    models: 'the models that load was put on',
    search: 'manual, brute, quick, bayes, optuna or random',
    why: 'why it ended, in words',
    interrupted: 'it was ended from outside',
    points: 'loads of configurations: all that there were, and those looked at',
    configurations: 'configurations: all that there were, and those looked at',
    measurements: 'measurements, those that were repeated included',
    importance:
      'how much each field, the load and the client batch make by themselves of what the search expects over all points, tried or not, as a share of 0 to 1, largest first',
    skipped: 'why points were not looked at, and how many',
    remarks: 'what else it has to say',
    ended:
      'the budget of the user that ended it, where it would have gone on with more; absent: it ended of itself, or it is not known',
    belief: 'what it believes of its verdict; absent: it has none of its own, or it is not known',
  },
).meta({ id: 'Search', description: 'how the last search over a model went' });
