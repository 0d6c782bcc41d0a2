import { canonicalJson, instanceGroups, maxBatchSize } from '../../model-config/config.ts';
import type { ModelConfig } from '../../model-config/model-config.ts';
import { levelOf } from '../../record/load-point.ts';
import { isClientBound } from '../../record/measurement.ts';
import type { Trial } from '../../record/run.ts';
import { LEAST_GAIN } from '../decision.ts';
import { gainOf } from '../noise.ts';
import type { RankedEntry } from '../standings.ts';
import { isSound, MOST_HIDDEN, type Scene } from './scene.ts';

/** A setting of a configuration that has an order, and of which more may be worth nothing. */
export interface Setting {
  /** As in config.pbtxt. */
  readonly path: string;
  /** The value of a trial; undefined where it is not known. */
  valueOf(trial: Trial): number | undefined;
  /** The configuration without it: configurations that are the same then differ in it alone. */
  rest(config: ModelConfig): unknown;
}

/** How many instances there are, of one kind. */
export const INSTANCES: Setting = {
  path: 'instance_group',
  valueOf: (trial) => instancesOf(trial)?.count,
  rest: ({ instance_group: groups, ...others }) => ({
    ...others,
    groups: instanceGroups(groups === undefined ? {} : { instance_group: groups }).map(({ kind }) => kind),
  }),
};

export const MAX_BATCH_SIZE: Setting = {
  path: 'max_batch_size',
  valueOf: ({ models: [{ config }] }) => maxBatchSize(config),
  rest: ({ max_batch_size: _, ...others }) => others,
};

export const QUEUE_DELAY: Setting = {
  path: 'max_queue_delay_microseconds',
  valueOf: ({ models: [{ config }] }) => {
    const { dynamic_batching: batching } = config;
    if (!isObject(batching)) return undefined;
    return Number(batching['max_queue_delay_microseconds'] ?? 0);
  },
  rest: ({ dynamic_batching: batching, ...others }) => {
    if (!isObject(batching)) return others;
    const { max_queue_delay_microseconds: _, ...rest } = batching;
    return { ...others, dynamic_batching: rest };
  },
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Instances of a trial, and what they run on (`CPU`, `GPU`); where the configuration leaves them to the server, as it
 * completed them. undefined: not known, or of several kinds.
 */
export function instancesOf({
  models: [{ config }],
  end,
}: Trial): { readonly kind: string; readonly count: number } | undefined {
  const own = instanceGroups(config);
  const groups = own.length > 0 ? own : instanceGroups(end?.effective ?? {});
  const [first] = groups;
  if (!first || groups.some(({ kind }) => kind !== first.kind)) return undefined;
  return { kind: first.kind, count: groups.reduce((sum, { count }) => sum + count, 0) };
}

/** A configuration with its value of a setting. */
export interface Member {
  readonly entry: RankedEntry;
  readonly value: number;
}

/**
 * The configurations that differ from the shown one in one setting alone, itself among them, by rising value. One whose
 * best breaks a limit that the shown one keeps, or the other way round, is left out: of it nothing follows. Where two have the same value the better stays.
 */
export function familyOf({ shown, ranking: { entries } }: Scene, setting: Setting): Member[] {
  const restOf = ({ trial: { models } }: RankedEntry): string =>
    canonicalJson(models.map(({ config }, index) => (index === 0 ? setting.rest(config) : config)));
  const like = restOf(shown);
  const members = entries
    .filter(({ best }) => best.verdict === shown.best.verdict)
    .flatMap((entry): Member[] => {
      const value = setting.valueOf(entry.trial);
      return value !== undefined && (entry === shown || restOf(entry) === like) ? [{ entry, value }] : [];
    });
  const byValue = Map.groupBy(members, ({ value }) => value);
  return [...byValue.values()]
    .map((same) => same.find(({ entry }) => entry === shown) ?? same[0]!)
    .toSorted((a, b) => a.value - b.value);
}

/** From one member of a family on, more of its setting gains nothing. */
export interface Plateau {
  readonly from: Member;
  /** The next one. */
  readonly to: Member;
  /** The most that any further member may gain within the noise, percent. */
  readonly most: number;
}

/** The least member than which, for sure enough, none further is better. */
export function plateauOf(scene: Scene, family: readonly Member[]): Plateau | undefined {
  for (const [index, from] of family.slice(0, -1).entries()) {
    const further = family.slice(index + 1);
    const gains = further.map((member) => mostGain(scene, from, member));
    if (gains.every((most) => most !== undefined && most <= MOST_HIDDEN))
      return { from, to: further[0]!, most: Math.max(...gains.map((most) => most!)) };
  }
  return undefined;
}

/**
 * The most that one member may gain over another within the noise, percent; undefined where that is not known, or what was
 * measured is a gain.
 */
function mostGain({ ranking }: Scene, from: Member, to: Member): number | undefined {
  const [a, b] = [to.entry.best.measurement, from.entry.best.measurement];
  if (!isSound(a) || !isSound(b) || isClientBound(a) || isClientBound(b)) return undefined;
  // What was only looked at with little load may do better with more.
  if (largestLoad(to.entry) < Math.min(largestLoad(from.entry), 2 * levelOf(b.point))) return undefined;
  const gain = gainOf(a, b, ranking.goal.objectives, ranking.noise);
  if (!gain || gain.assumed.length > 0 || gain.percent >= LEAST_GAIN) return undefined;
  return gain.high;
}

const largestLoad = ({ points }: RankedEntry): number =>
  Math.max(...points.map(({ measurement }) => levelOf(measurement.point)));

/** What more of a setting takes of memory, bytes; undefined where it is not known, or nothing to speak of. */
export function memoryBetween(
  { entry: less }: Member,
  { entry: more }: Member,
):
  | { readonly bytes: number; readonly share: number; readonly tag: string; readonly what: string }
  | undefined {
  const kind = instancesOf(more.trial)?.kind;
  const [tag, what] = kind === 'CPU' ? ['cpu_used_ram', 'memory'] : ['gpu_used_memory', 'GPU memory'];
  const [a, b] = [less.best.measurement, more.best.measurement];
  const [before, after] = [a.whole.values[tag!], b.whole.values[tag!]];
  // A server that ran others before, or a GPU that others use, holds more than is the configuration's.
  const isForeign = [a, b].some(({ shared, gpuSharers = [] }) => shared || gpuSharers.length > 0);
  if (before === undefined || after === undefined || isForeign) return undefined;
  const megabytes = after - before;
  if (megabytes < Math.max(LEAST_MB, LEAST_SHARE * before)) return undefined;
  return { bytes: megabytes * 1e6, share: megabytes / after, tag: tag!, what: what! };
}

/** Memory that differs by less is not told: gauges are no finer, and a server's own memory varies. */
const LEAST_MB = 20;
const LEAST_SHARE = 0.02;
