import { isMapping, shorten } from './written.ts';
import type { Path } from './yaml.ts';

/** The nested value that assignments of paths describe. */
export function buildValue(assignments: readonly { segments: Path; value: unknown }[]): unknown {
  const made = new Set<unknown>();
  /** The container at a step, one that may be written to. */
  const container = (found: unknown, next: string | number): Container => {
    if (made.has(found)) return found as Container;
    const copy =
      typeof next === 'number'
        ? Array.isArray(found)
          ? [...found]
          : []
        : isMapping(found)
          ? { ...found }
          : {};
    made.add(copy);
    return copy as unknown as Container;
  };
  const root: { value?: unknown } = {};
  for (const { segments, value } of assignments) {
    let target = root as unknown as Container;
    let key: string | number = 'value';
    for (const step of segments) {
      const below: Container = container(Object.hasOwn(target, key) ? target[key] : undefined, step);
      target[key] = below;
      [target, key] = [below, step];
    }
    target[key] = value;
  }
  return root.value ?? {};
}

/** A mapping, or a list by its positions. */
type Container = Record<string | number, unknown>;

/** `instance_group[0].count`; keys with other signs than letters, digits and `_` are quoted. */
export function pathText(path: Path): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`;
      if (!/^\w{1,60}$/.test(step)) return `["${shorten(step)}"]`;
      return index === 0 ? step : `.${step}`;
    })
    .join('');
}
