import { z } from 'zod';
import { findMetric, METRIC_NAMES } from '../ground/metric.ts';
import { suggestion } from '../ground/wording.ts';
import { isFileName } from './values.ts';
import { isEmpty, isMapping, plainOf, show, textOf } from './written.ts';

/** A figure of one value against another, a line for each configuration. */
export interface PlotSettings {
  /** Of its file. */
  readonly name: string;
  readonly title: string;
  /** A metric's tag, or one of LOAD_AXES. */
  readonly x: string;
  readonly y: string;
  /** Whether points with no more of `y` than one with less of `x` are left out. */
  readonly monotonic: boolean;
}

/** What else than a metric an axis may show: the load itself, also by perf_analyzer's names. */
const LOAD_AXES: ReadonlyMap<string, string> = new Map([
  ['batch_size', 'batch_size'],
  ['concurrency', 'concurrency'],
  ['concurrency_range', 'concurrency'],
  ['request_rate', 'request_rate'],
  ['request_rate_range', 'request_rate'],
]);

const AXES = [...METRIC_NAMES, ...LOAD_AXES.keys()];
const KEYS = ['title', 'x_axis', 'y_axis', 'monotonic'];

type Fail = (path: readonly (string | number)[], message: string) => void;

function readPlot(name: string, value: unknown, fail: Fail): PlotSettings[] {
  if (!isFileName(name)) {
    fail([], `"${name}" can't be the name of a file, which a plot's is`);
    return [];
  }
  if (!isMapping(value)) {
    fail([], `expected a mapping with ${KEYS.join(', ')}, found ${show(value)}`);
    return [];
  }
  const unknown = Object.keys(value).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) {
    fail([unknown], `unknown key ${show(unknown)}: ${suggestion(unknown, KEYS)}`);
    return [];
  }
  const axis = (key: 'x_axis' | 'y_axis'): string | undefined => {
    const asked = value[key];
    const known =
      typeof asked === 'string'
        ? (findMetric(asked)?.tag ?? LOAD_AXES.get(asked.replaceAll('-', '_')))
        : undefined;
    if (known === undefined) {
      const hint = typeof asked === 'string' ? `: ${suggestion(asked, AXES)}` : '';
      fail(
        asked === undefined ? [] : [key],
        `expected a metric or a load as ${key}, found ${show(asked)}${hint}`,
      );
    }
    return known;
  };
  const [x, y] = [axis('x_axis'), axis('y_axis')];
  const title = isEmpty(value['title']) ? name : textOf(value['title']);
  const monotonic = isEmpty(value['monotonic']) ? false : plainOf(value['monotonic']);
  if (title === undefined) fail(['title'], `expected a text, found ${show(value['title'])}`);
  if (typeof monotonic !== 'boolean') fail(['monotonic'], `expected true or false, found ${show(monotonic)}`);
  return x === undefined || y === undefined || title === undefined
    ? []
    : [{ name, title, x, y, monotonic: monotonic === true }];
}

/** `{name: {...}}`, or a list of such. */
function readPlots(value: unknown, fail: Fail): readonly PlotSettings[] {
  const lists = Array.isArray(value) ? value : [value];
  return lists.flatMap((item: unknown, index) => {
    const at = Array.isArray(value) ? [index] : [];
    if (!isMapping(item)) {
      fail(at, `expected a mapping of names to plots, found ${show(item)}`);
      return [];
    }
    return Object.entries(item).flatMap(([name, plot]) =>
      readPlot(name, plot, (path, message) => fail([...at, name, ...path], message)),
    );
  });
}

const failing =
  (context: z.core.$RefinementCtx): Fail =>
  (path, message) =>
    context.addIssue({ code: 'custom', path: [...path], message });

const PLOT = {
  type: 'object',
  properties: {
    title: { type: 'string' },
    x_axis: { enum: AXES },
    y_axis: { enum: AXES },
    monotonic: { type: 'boolean' },
  },
  required: ['x_axis', 'y_axis'],
  additionalProperties: false,
};
const PLOTS = { type: 'object', additionalProperties: PLOT };
const PLOTS_OR_LIST = { anyOf: [PLOTS, { type: 'array', items: PLOTS }] };

/** The zod form of `plots`. */
export const plots = z
  .unknown()
  .transform((value, context) => readPlots(value, failing(context)))
  .meta(PLOTS_OR_LIST);

/** A configuration to report, with plots of its own if any. */
export interface ReportedConfig {
  readonly name: string;
  readonly plots?: readonly PlotSettings[];
}

/** `a,b`, `[a, b]`, `{a: {plots: {...}}}`, or a list that mixes names and mappings. */
function readReported(value: unknown, fail: Fail): readonly ReportedConfig[] {
  if (typeof value === 'string') {
    return value
      .split(',')
      .map((name) => ({ name: name.trim() }))
      .filter(({ name }) => name !== '');
  }
  if (Array.isArray(value)) {
    return value.flatMap((item: unknown, index) => {
      if (typeof item === 'string') return [{ name: item }];
      if (isMapping(item)) return readReported(item, (path, message) => fail([index, ...path], message));
      fail([index], `expected the name of a configuration, found ${show(item)}`);
      return [];
    });
  }
  if (!isMapping(value)) {
    fail([], `expected names of configurations, found ${show(value)}`);
    return [];
  }
  return Object.entries(value).flatMap(([name, settings]): ReportedConfig[] => {
    if (settings === null) return [{ name }];
    const others = isMapping(settings) ? Object.keys(settings).filter((key) => key !== 'plots') : [];
    if (!isMapping(settings) || others.length > 0) {
      fail([name, ...others.slice(0, 1)], `expected {plots: ...} or nothing, found ${show(settings)}`);
      return [];
    }
    if (settings['plots'] === undefined) return [{ name }];
    return [
      {
        name,
        plots: readPlots(settings['plots'], (path, message) => fail([name, 'plots', ...path], message)),
      },
    ];
  });
}

const CONFIGS = {
  type: 'object',
  additionalProperties: {
    anyOf: [
      { type: 'null' },
      { type: 'object', properties: { plots: PLOTS_OR_LIST }, additionalProperties: false },
    ],
  },
};

/** The zod form of `report_model_configs`. */
export const reportedConfigs = z
  .unknown()
  .transform((value, context) => readReported(value, failing(context)))
  .meta({
    anyOf: [{ type: 'string' }, { type: 'array', items: { anyOf: [{ type: 'string' }, CONFIGS] } }, CONFIGS],
  });
