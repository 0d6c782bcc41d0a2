import { z } from 'zod';
import { findMetric, METRIC_NAMES } from '../ground/metric.ts';
import { suggestion } from '../ground/wording.ts';
import type { Constraint, Objective } from '../record/goal.ts';
import { isEmpty, isMapping, plainOf, show } from './written.ts';

const DEFAULT_WEIGHT = 10;

const METRIC = { enum: METRIC_NAMES };

/** `[tag, tag]` (weight 10 each) or `{tag: weight}`; aliases are replaced by the tag they stand for. */
const readObjectives = z.unknown().transform((value, context): readonly Objective[] => {
  const fail = (path: (string | number)[], message: string): void =>
    context.addIssue({ code: 'custom', path, message });
  const entries: [string | number, unknown, unknown][] = Array.isArray(value)
    ? value.map((tag, index) => [index, tag, DEFAULT_WEIGHT])
    : isMapping(value)
      ? Object.entries(value).map(([tag, weight]) => [tag, tag, weight])
      : typeof value === 'string'
        ? value.split(',').map((tag, index) => [index, tag.trim(), DEFAULT_WEIGHT])
        : [];
  if (entries.length === 0) {
    fail([], `expected a list of metrics or a mapping of metric to weight, found ${show(value)}`);
  }
  return entries.flatMap(([key, name, weight]) => {
    const known = typeof name === 'string' ? findMetric(name) : undefined;
    if (!known) {
      fail([key], `unknown metric ${show(name)}: ${suggestion(String(name), METRIC_NAMES)}`);
      return [];
    }
    const share = Number(plainOf(weight));
    if (!(share > 0 && Number.isFinite(share))) {
      fail([key], `expected a weight above 0, found ${show(weight)}`);
      return [];
    }
    return [{ tag: known.tag, weight: share }];
  });
});

export const objectives = readObjectives.meta({
  anyOf: [
    METRIC,
    { type: 'array', items: METRIC },
    { type: 'object', propertyNames: METRIC, additionalProperties: { type: 'number', exclusiveMinimum: 0 } },
  ],
});

/** `{tag: {min|max: number}}`, the bound that makes sense for the metric. */
const readConstraints = z.unknown().transform((value, context): readonly Constraint[] => {
  const fail = (path: string[], message: string): void => context.addIssue({ code: 'custom', path, message });
  if (!isMapping(value)) {
    fail([], `expected a mapping such as {perf_latency_p99: {max: 10}}, found ${show(value)}`);
    return [];
  }
  const given = Object.entries(value).filter(([, limit]) => !isEmpty(limit));
  return given.flatMap(([name, limit]) => {
    const known = findMetric(name);
    if (!known) {
      fail([name], `unknown metric ${show(name)}: ${suggestion(name, METRIC_NAMES)}`);
      return [];
    }
    const bound = known.limit;
    const number = isMapping(limit) && Object.keys(limit).length === 1 ? plainOf(limit[bound]) : undefined;
    if (typeof number !== 'number' || !Number.isFinite(number)) {
      fail([name], `expected {${bound}: NUMBER} for ${name}, found ${show(limit)}`);
      return [];
    }
    return [{ tag: known.tag, bound, value: number }];
  });
});

export const constraints = readConstraints.meta({
  type: 'object',
  propertyNames: METRIC,
  additionalProperties: {
    type: 'object',
    properties: { min: { type: 'number' }, max: { type: 'number' } },
    minProperties: 1,
    maxProperties: 1,
    additionalProperties: false,
  },
});

/** Adds a limit; where the metric has one already, the stricter of the two holds. */
export function withConstraint(list: readonly Constraint[], limit: Constraint): readonly Constraint[] {
  const isSame = ({ tag, bound }: Constraint): boolean => tag === limit.tag && bound === limit.bound;
  const values = [...list.filter(isSame), limit].map(({ value }) => value);
  const strictest = limit.bound === 'max' ? Math.min(...values) : Math.max(...values);
  return [...list.filter((item) => !isSame(item)), { ...limit, value: strictest }];
}
