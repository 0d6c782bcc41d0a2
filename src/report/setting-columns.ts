import { instanceGroups, maxBatchSize } from '../model-config/config.ts';
import { compactValue, shortNames } from '../rank/words.ts';
import type { Trial } from '../record/run.ts';
import { instanceGroupCell } from './tables.ts';

/** A setting with its value in each configuration. */
export interface SettingColumn {
  readonly name: string;
  /** Path as in config.pbtxt. */
  readonly path: string;
  /** A text for each of the trials, in their order. */
  readonly cells: readonly string[];
}

/** A cell of what there is none of, as an ensemble has neither instances nor a batcher. */
export const NONE = '–';

/** What stands in columns of its own, under whatever path it was set. */
const OWN = /^(max_batch_size$|instance_group\b)/;

/**
 * The settings by which configurations differ, each with its value in every one of them, and those that are set and are
 * the same in all. What a configuration does not set is read from its config.pbtxt.
 */
export function settingColumns(
  trials: readonly Trial[],
  gpus: number,
): { readonly varying: readonly SettingColumn[]; readonly constant: readonly SettingColumn[] } {
  const leaves = trials.map(({ models: [{ assignment }] }) => new Map(leavesOf(assignment)));
  const set = [...new Set(leaves.flatMap((leaf) => [...leaf.keys()]))].filter((path) => !OWN.test(path));
  // What one configuration leaves empty and another fills in is told by what that one fills in.
  const paths = set.filter((path) => !set.some((other) => other.startsWith(`${path}.`)));
  const names = shortNames(paths.map((path) => path.replace(/\.string_value$/, '')));
  const isBatching = ({ models: [{ config }] }: Trial): boolean => 'dynamic_batching' in config;
  const isEnsemble = ({ models: [{ config }] }: Trial): boolean => 'ensemble_scheduling' in config;
  const all: SettingColumn[] = [
    { name: 'instances', path: 'instance_group', cells: trials.map((trial) => instancesCell(trial, gpus)) },
    {
      name: 'max batch size',
      path: 'max_batch_size',
      cells: trials.map(({ models: [{ config }] }) => String(maxBatchSize(config))),
    },
    {
      name: 'dynamic batching',
      path: 'dynamic_batching',
      cells: trials.map((trial) => (isEnsemble(trial) ? NONE : isBatching(trial) ? 'on' : 'off')),
    },
    ...paths.map((path, index) => ({
      name: names[index]!,
      path,
      cells: trials.map((trial, at) => leaves[at]!.get(path) ?? valueAt(trial.models[0].config, path)),
    })),
  ];
  const varies = ({ cells }: SettingColumn): boolean => new Set(cells).size > 1;
  return { varying: all.filter(varies), constant: all.filter((column) => !varies(column)) };
}

const instancesCell = (trial: Trial, gpus: number): string =>
  instanceGroups(trial.models[0].config).length > 0 || trial.end?.effective
    ? instanceGroupCell(trial, gpus) || NONE
    : NONE;

/** The single values of what a configuration sets, by their paths: `{dynamic_batching: {a: 1}}` sets `dynamic_batching.a`. */
function leavesOf(value: Readonly<Record<string, unknown>>, above = ''): [string, string][] {
  return Object.entries(value).flatMap(([key, item]): [string, string][] => {
    const path = above + key;
    if (path === 'dynamic_batching' && isEmpty(item)) return [];
    return isMap(item) && !isEmpty(item)
      ? leavesOf(item as Record<string, unknown>, `${path}.`)
      : [[path, compactValue(path, item)]];
  });
}

const isMap = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isEmpty = (value: unknown): boolean => isMap(value) && Object.keys(value as object).length === 0;

/** The value at a path of a configuration; empty where there is none. */
function valueAt(config: unknown, path: string): string {
  let at: unknown = config;
  for (const key of path.split('.')) at = isMap(at) ? (at as Record<string, unknown>)[key] : undefined;
  return at === undefined ? '' : compactValue(path, at);
}
