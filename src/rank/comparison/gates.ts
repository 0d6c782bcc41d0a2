import { userError } from '../../ground/errors.ts';
import { findMetric, METRIC_NAMES, metric } from '../../ground/metric.ts';
import { nearest } from '../../ground/wording.ts';
import type { Change, ComparedModel, Gate } from '../../record/comparison.ts';
import { changeText } from './comparison-words.ts';
import type { NotAlike } from './not-alike.ts';

/** A condition of --fail-on. */
export type Condition =
  /** The verdict on a model is worse. */
  | { readonly asked: string; readonly kind: 'worse' }
  | {
      readonly asked: string;
      readonly kind: 'change';
      /** all: everything that both measured; default: NEW's default against BASE's; winner: what the two runs decided for. */
      readonly of: 'all' | 'default' | 'winner';
      readonly tag: string;
      readonly direction: 'rise' | 'fall';
      /** A rise or a fall by more percent than this fails. */
      readonly percent: number;
    };

const FORM =
  'write for example "perf_latency_p99 > 5%", "perf_throughput < -5%", "winner perf_throughput < -3%", or worse';

/**
 * Reads a condition of --fail-on: `worse`, or a metric, > or <, and percent; `default` or `winner` may stand before.
 * With `<` the percent may be without its sign: `perf_throughput < 5%` is a fall by more than 5 %.
 * @throws UserError that says what to write instead.
 */
export function readCondition(text: string): Condition {
  const asked = text.trim();
  if (asked === 'worse') return { asked, kind: 'worse' };
  const fail = (why: string, hint = FORM): never => {
    throw userError(`--fail-on ${JSON.stringify(asked)}: ${why}`, hint);
  };
  const match = /^(?:(\w+)\s+)?(\w+)\s*(<=?|>=?|==?)\s*([+-]?)(\d+(?:\.\d+)?)\s*(%?)$/.exec(asked);
  if (!match) return fail('it is no condition');
  const [, scope = 'all', name = '', operator, sign, digits, percentSign] = match;
  if (scope !== 'all' && scope !== 'default' && scope !== 'winner')
    return fail(
      `"${scope}" is nothing that a condition can be of`,
      'write default or winner before the metric, or nothing',
    );
  const tag = findMetric(name)?.tag;
  if (tag === undefined) {
    const close = nearest(name, METRIC_NAMES);
    return fail(`there is no metric "${name}"`, close ? `did you mean "${close}"?` : FORM);
  }
  if (operator !== '<' && operator !== '>')
    return fail(`${operator} is not known here`, 'write > for a rise, < for a fall');
  if (percentSign !== '%') return fail('a change is given in percent', `write "${asked}%"`);
  const direction = operator === '>' ? 'rise' : 'fall';
  if ((direction === 'rise' && sign === '-') || (direction === 'fall' && sign === '+')) {
    const other = direction === 'rise' ? `${tag} < -${digits}%` : `${tag} > ${digits}%`;
    return fail('it would fail where nothing has changed', `did you mean "${other}"?`);
  }
  return { asked, kind: 'change', of: scope, tag, direction, percent: Number(digits) };
}

/**
 * Holds conditions against a model; that no constraint is lost counts as soon as there is any. Of runs on different machines
 * nothing is known of the model.
 */
export function gatesOf(
  model: ComparedModel,
  conditions: readonly Condition[],
  { machine }: NotAlike = {},
): Gate[] {
  if (conditions.length === 0) return [];
  const gates = [...conditions.map((condition) => gateOf(condition, model)), ...constraintGate(model)];
  return machine === undefined
    ? gates
    : gates.map((gate) => ({
        ...gate,
        state: 'unknown',
        text: `not measured alike (${machine}): ${gate.text}`,
      }));
}

/** The same for a model that one of the runs did not measure. */
export const gatesOfMissing = (model: string, which: string, conditions: readonly Condition[]): Gate[] =>
  conditions.map(({ asked }) => ({
    asked,
    model,
    state: 'unknown',
    text: `${which} did not measure ${model}`,
  }));

function gateOf(condition: Condition, model: ComparedModel): Gate {
  const { asked } = condition;
  const failed = model.failed.find(({ role }) => role.includes('winner of BASE'));
  if (failed) {
    return {
      asked,
      model: model.model,
      state: 'failed',
      text: `what BASE decided for, ${failed.base}, failed in NEW: ${failed.cause}`,
    };
  }
  if (condition.kind === 'worse') return worseGate(asked, model);
  const change = changeFor(condition, model);
  const of = {
    all: '',
    default: ` of the default${defaultText(model)}`,
    winner: ' of what was decided for',
  }[condition.of];
  const what = `${metric(condition.tag).label}${of}`;
  if (!change)
    return { asked, model: model.model, state: 'unknown', text: `${what} was not measured in both` };
  return {
    asked,
    model: model.model,
    state: stateOf(condition, change),
    text: `${what} ${changeText(change)}`,
  };
}

/** A model is not known to be no worse as long as one of its objectives is not, however much better another one is. */
function worseGate(asked: string, { model, verdict, text, objectives, changes }: ComparedModel): Gate {
  if (verdict === 'worse' || verdict === 'unknown')
    return { asked, model, state: verdict === 'worse' ? 'failed' : 'unknown', text };
  const open = changes.filter(
    (change) => change.verdict === 'unknown' && objectives.some(({ tag }) => tag === change.tag),
  );
  if (open.length === 0) return { asked, model, state: 'passed', text };
  const what = open.map(({ tag }) => metric(tag).label).join(' and ');
  return { asked, model, state: 'unknown', text: `${text} It is not known whether ${what} is worse.` };
}

type ChangeCondition = Extract<Condition, { kind: 'change' }>;

function changeFor({ of, tag }: ChangeCondition, model: ComparedModel): Change | undefined {
  const changes = {
    all: () => model.changes,
    winner: () => model.winner.changes,
    default: () => (model.defaults ?? defaultOf(model))?.changes ?? [],
  }[of]();
  return changes.find((change) => change.tag === tag);
}

const defaultOf = ({ configurations }: ComparedModel) =>
  configurations.find(({ role }) => role.includes('default of NEW'));

/** Whether the default is what it was. */
function defaultText(model: ComparedModel): string {
  if (model.defaults) return ', which is another configuration now,';
  return defaultOf(model)?.matchedBy === 'parameters' ? ', whose config.pbtxt has changed,' : '';
}

/** Beyond the limit and surely a change, surely not beyond it, or neither. */
function stateOf({ direction, percent: limit }: ChangeCondition, change: Change): Gate['state'] {
  const { percent, low, high, verdict } = change;
  if (percent === null || low === null || high === null) return 'unknown';
  const turned =
    direction === 'rise'
      ? { at: percent, least: low, most: high }
      : { at: -percent, least: -high, most: -low };
  if (turned.least > limit) return 'failed';
  if (turned.at > limit && (verdict === 'better' || verdict === 'worse')) return 'failed';
  return turned.most <= limit ? 'passed' : 'unknown';
}

function constraintGate({ model, constraints }: ComparedModel): Gate[] {
  if (constraints.length === 0) return [];
  const of = (state: string) => constraints.filter((constraint) => constraint.state === state);
  const told = of('lost').length > 0 ? of('lost') : of('unknown');
  return [
    {
      asked: 'constraints',
      model,
      state: of('lost').length > 0 ? 'failed' : told.length > 0 ? 'unknown' : 'passed',
      text:
        told.length > 0 ? told.map(({ text, why }) => `${text}: ${why}`).join('; ') : 'no constraint is lost',
    },
  ];
}
