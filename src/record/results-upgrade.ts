import {
  isUnchecked as isObject,
  pointOf,
  pointRecordOf,
  searchOf,
  sessionOf,
  type Unchecked,
  variantOf,
} from './upgrade.ts';

/**
 * What an earlier version of results.json says, in the form of the newest. What it does not hold is said to be unknown;
 * whatever stands in it, nothing is thrown: what makes no sense is found by whoever checks the outcome.
 */
export const upgradeResults = (value: unknown): unknown =>
  isObject(value) && value['schemaVersion'] === 1 ? fromFirst(value) : value;

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const each = (value: unknown, change: (item: Unchecked) => unknown): unknown =>
  Array.isArray(value) ? value.map((item) => (isObject(item) ? change(item) : item)) : value;

/**
 * The first took a limit on what was not measured for kept, and told a gain also over a default that breaks the limits or
 * was measured at other loads only.
 */
function fromFirst(old: Unchecked): unknown {
  const last = listOf(old['sessions']).at(-1);
  const across = old['acrossModels'];
  return {
    ...old,
    schemaVersion: 2,
    environment: (isObject(last) && last['environment']) || null,
    sessions: each(old['sessions'], sessionOf),
    trials: each(old['trials'], trialOf),
    models: each(old['models'], (model) => modelOf(model, old['trials'])),
    ...(isObject(across) && {
      acrossModels: {
        ...across,
        missing: missingIn(across),
        ranking: each(across['ranking'], (item) => entryOf(item, item['model'])),
      },
    }),
  };
}

/** A configuration with everything that was found out about it. */
const trialOf = (old: Unchecked): Unchecked => ({
  ...variantOf(old),
  points: each(old['points'], (record) => pointRecordOf(record, old['model'])),
});

function modelOf(old: Unchecked, trials: unknown): unknown {
  const entry = (key: string): unknown =>
    isObject(old[key]) ? entryOf(old[key], old['model']) : (old[key] ?? null);
  const [leader, base] = [old['leader'], old['default']];
  const shown = isObject(old['winner']) ? old['winner'] : leader;
  const gainOf = (item: unknown, percent: unknown, plusMinus: unknown) =>
    gainFrom({ item, base, trials, percent, plusMinus });
  return {
    ...old,
    constraints: each(old['constraints'], (limit) => ({ ...limit, ...outcomeOf(limit, shown) })),
    missing: missingIn(old),
    winner: entry('winner'),
    leader: entry('leader'),
    default: entry('default'),
    ...gainOf(leader, old['gainPercent'], old['gainPlusMinus']),
    decision: isObject(old['decision'])
      ? { ...old['decision'], point: pointOf(old['decision']['point'], old['model']) }
      : old['decision'],
    search: isObject(old['search']) ? searchOf(old['search']) : old['search'],
    pareto: paretoOf(old['pareto'], old['constraints'], old['model']),
    // How sure the gain of each is was not written.
    ranking: each(old['ranking'], (item) => ({
      ...(entryOf(item, old['model']) as Unchecked),
      ...without(gainOf(item, item['gainPercent'], undefined)),
    })),
  };
}

/** What is judged by and was not measured for every configuration of a ranking. */
function missingIn(old: Unchecked): unknown {
  const ranking = listOf(old['ranking']).filter(isObject);
  const judged = [...listOf(old['objectives']), ...listOf(old['constraints'])].filter(isObject);
  return [...new Set(judged.map(({ tag }) => tag))].flatMap((tag) => {
    const lacking = ranking.filter((item) => figureOf(item, tag) === null);
    const everywhere = lacking.length === ranking.length;
    return lacking.length === 0 ? [] : [{ tag, everywhere, why: 'the file does not say', advice: '' }];
  });
}

/** What only a model has. */
const without = ({ gainPlusMinus: _, ...rest }: ReturnType<typeof gainFrom>) => rest;

const figureOf = (item: unknown, tag: unknown): number | null => {
  const values = isObject(item) ? item['values'] : undefined;
  const value = isObject(values) && typeof tag === 'string' ? values[tag] : undefined;
  return typeof value === 'number' ? value : null;
};

/** What a limit comes to for an entry: its metric's value, and a verdict. */
function outcomeOf(limit: Unchecked, entry: unknown) {
  const measured = figureOf(entry, limit['tag']);
  const value = Number(limit['value']);
  if (measured === null) return { measured, verdict: 'unknown' as const };
  const isKept = limit['bound'] === 'max' ? measured <= value : measured >= value;
  return { measured, verdict: isKept ? ('met' as const) : ('missed' as const) };
}

function entryOf(old: Unchecked, model: unknown): unknown {
  const checks = listOf(old['checks']).filter(isObject);
  const verdicts = checks.map((check) => outcomeOf(check, old));
  const together = ['missed', 'unknown', 'met'].find((wanted) =>
    verdicts.some(({ verdict }) => verdict === wanted),
  );
  return {
    ...old,
    point: pointOf(old['point'], model),
    constraints: together ?? 'met',
    satisfiesConstraints: satisfied(together ?? 'met'),
    checks: checks.map((check, index) => ({
      ...check,
      ...verdicts[index],
      met: satisfied(verdicts[index]!.verdict),
    })),
  };
}

const satisfied = (verdict: string): boolean | null => (verdict === 'unknown' ? null : verdict === 'met');

function paretoOf(old: unknown, constraints: unknown, model: unknown): unknown {
  if (!isObject(old)) return old;
  const points = each(old['points'], (point) => {
    const verdicts = listOf(constraints)
      .filter(isObject)
      .map((limit) => outcomeOf(limit, point).verdict);
    const isUnknown = verdicts.includes('unknown') && !verdicts.includes('missed');
    const changed = { ...point, point: pointOf(point['point'], model) };
    return isUnknown ? { ...changed, satisfiesConstraints: null } : changed;
  });
  return { ...old, points };
}

/** A gain as the first version told it: only where the default keeps the limits and was measured at the same load. */
function gainFrom({ item, base, trials, percent, plusMinus }: Record<string, unknown>) {
  const none = (reason: string, text: string) => ({
    gain: null,
    noGain: { reason, text },
    gainPercent: null,
    gainPlusMinus: null,
  });
  if (!isObject(base)) return none('default not measured', 'the default was not measured');
  if (!isObject(item) || item['variant'] === base['variant'])
    return none('is the default', 'it is the default');
  if ((entryOf(base, undefined) as Unchecked)['constraints'] === 'missed')
    return none('default misses', 'the default breaks the constraints');
  if (typeof percent !== 'number') return none('not comparable', 'it could not be told in percent');
  if (!isMeasuredAt(trials, base['variant'], item['point']))
    return none('other load', 'the default was not measured at this load');
  if (typeof plusMinus !== 'number') return none('not comparable', 'the file does not say how sure it is');
  const [least, most] = [item['clientBound'] === true, base['clientBound'] === true];
  if (least && most) return none('client', 'the load generator was the limit of both');
  const is = least ? 'at least' : most ? 'at most' : 'measured';
  return {
    gain: { percent, plusMinus, low: percent - plusMinus, high: percent + plusMinus, is, assumed: [] },
    noGain: null,
    gainPercent: is === 'measured' ? percent : null,
    gainPlusMinus: is === 'measured' ? plusMinus : null,
  };
}

function isMeasuredAt(trials: unknown, variant: unknown, point: unknown): boolean {
  const trial = listOf(trials)
    .filter(isObject)
    .find(({ name }) => name === variant);
  const wanted = JSON.stringify(point);
  return listOf(trial?.['points']).some((record) => {
    const measurement = isObject(record) ? record['measurement'] : undefined;
    return isObject(measurement) && JSON.stringify(measurement['point']) === wanted;
  });
}
