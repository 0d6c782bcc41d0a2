import { z } from 'zod';
import { documented } from './documented.ts';
import * as line from './line.ts';
import { loadPoint, mark, measurement } from './measurement-record.ts';

/** What else the journal records, as results.json holds it: the schemas of its lines with a text for every field. */

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
        "it was made to see whether the machine is as it was, and not for the point's own sake: it counts as any other, and confirms nothing",
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
  shared: 'several models share it',
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
