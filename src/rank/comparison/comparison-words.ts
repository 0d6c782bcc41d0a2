import { metric } from '../../ground/metric.ts';
import { counted } from '../../ground/wording.ts';
import type {
  Change,
  ComparedConfiguration,
  ComparedModel,
  Comparison,
  Judgement,
  Side,
} from '../../record/comparison.ts';
import { formatNumber } from '../words.ts';
import type { NotAlike } from './not-alike.ts';

/** `+4.2`, `-12`, `0.0`: percent as people read them. */
export function signed(percent: number): string {
  const text =
    Math.abs(percent) >= 100
      ? formatNumber(Math.abs(percent))
      : Number(Math.abs(percent).toPrecision(2)) >= 10
        ? Math.abs(percent).toFixed(0)
        : Math.abs(percent).toFixed(1);
  return `${Number(text.replaceAll(',', '')) === 0 ? '' : percent > 0 ? '+' : '-'}${text}`;
}

/** `-9.8 % (-12 to -7.7)`, or why it can't be told. */
export const changeText = ({ percent, low, high, why }: Change): string =>
  percent === null || low === null || high === null
    ? `can't be told: ${why ?? 'it is not known'}`
    : `${signed(percent)} % (${signed(low)} to ${signed(high)})`;

type Judged = Omit<ComparedModel, 'text' | 'notes'>;

/** What a model comes to, in a sentence; what makes that say nothing, or less, of the model itself stands first. */
export function modelText(model: Judged, margin: number, { machine, programs }: NotAlike = {}): string {
  const { model: name, verdict } = model;
  const decisive = failedText(model) ?? lostText(model);
  if (machine !== undefined)
    return `${name} was not measured alike in the two (${machine}), so that a difference is none of the model: ${decisive ?? `${reasons(model, margin)}.`}`;
  const isChange = verdict === 'worse' || verdict === 'better';
  const others = programs !== undefined && isChange ? `, with other programs than before (${programs})` : '';
  return `${name} ${WORDS[verdict]}${others}: ${decisive ?? `${reasons(model, margin)}.`}`;
}

/** That what counts of BASE can't be measured any more. */
function failedText({ failed }: Judged): string | undefined {
  const broken = failed.find(({ role }) => role.length > 0);
  if (!broken) return undefined;
  const what = broken.role.includes('winner of BASE') ? 'what BASE decided for' : 'the default';
  return `${what}, ${broken.base}, failed in NEW: ${broken.cause}`;
}

function lostText({ constraints }: Judged): string | undefined {
  const lost = constraints.filter(({ state }) => state === 'lost');
  return lost.length === 0
    ? undefined
    : `it no longer keeps ${lost.map(({ text, why }) => `${text} (${why})`).join('; ')}.`;
}

const WORDS: Readonly<Record<Judgement, string>> = {
  better: 'is better',
  worse: 'is worse',
  same: 'is the same',
  unknown: "can't be told apart from what it was",
};

function reasons(model: Judged, margin: number): string {
  const { verdict, objectives, changes, common } = model;
  const aims = changes.filter(({ tag }) => objectives.some((objective) => objective.tag === tag));
  const over = `over ${counted(common.points, 'load')} of ${counted(common.configurations, 'configuration')}`;
  const [why, ...others] = new Set(aims.map((change) => change.why));
  if (why !== undefined && others.length === 0) {
    // What else surely changed is no verdict, and worth knowing.
    const sure = changes.filter((change) => change.verdict === 'worse' || change.verdict === 'better');
    return [why, ...sure.map((change) => `${metric(change.tag).label} ${changeText(change)}`)].join('; ');
  }
  const all = `${aims.map((change) => `${metric(change.tag).label} ${changeText(change)}`).join(', ')} ${over}`;
  if (verdict === 'same') return `${all}, within ± ${margin} %`;
  const decisive = aims.some((change) => change.verdict === verdict);
  return verdict === 'unknown' || decisive ? all : `${namedChange(model) ?? all}; ${all}`;
}

/** The change of default or winner, where that alone decides. */
function namedChange({ verdict, objectives, configurations }: Judged): string | undefined {
  for (const { role, base, changes } of configurations) {
    const change = changes.find(
      (item) => item.verdict === verdict && objectives.some(({ tag }) => tag === item.tag),
    );
    if (role.length === 0 || !change) continue;
    const what = role.includes('winner of BASE') ? 'what BASE decided for' : 'the default';
    return `${what}, ${base}, changed in ${metric(change.tag).label} by ${changeText(change)}`;
  }
  return undefined;
}

/** All models in a sentence. */
export function comparisonText(
  { models, verdict }: Pick<Comparison, 'models' | 'verdict'>,
  { machine }: NotAlike = {},
): string {
  const [only, ...others] = models;
  if (!only) return 'Nothing can be compared: no model was measured in both.';
  if (others.length === 0) return only.text;
  const groups = Map.groupBy(models, (model) => model.verdict);
  const counts = (['worse', 'better', 'same', 'unknown'] as const).flatMap((kind) => {
    const names = (groups.get(kind) ?? []).map(({ model }) => model);
    return names.length > 0 ? [`${names.join(', ')} ${names.length > 1 ? PLURAL[kind] : WORDS[kind]}`] : [];
  });
  if (machine !== undefined)
    return `The two were not measured alike (${machine}), so that differences are none of the models: ${models.map(({ model }) => model).join(', ')}.`;
  return `${verdict === 'worse' ? 'Worse: ' : ''}${counts.join('; ')}.`;
}

const PLURAL: Readonly<Record<Judgement, string>> = {
  better: 'are better',
  worse: 'are worse',
  same: 'are the same',
  unknown: "can't be told apart from what they were",
};

/** `out/checkpoints, session of 2026-11-25 02:00:13`. */
export function sessionText({ path, kind, session, startedAt }: Side): string {
  const when = startedAt?.slice(0, 19).replace('T', ' ');
  if (kind === 'Model Analyzer')
    return `${path}, measured by Model Analyzer${when === undefined ? '' : `, ${when}`}`;
  return session === null ? path : `${path}, session of ${when}`;
}

/** What a configuration is in the two runs: `default, winner`; empty for any other. */
export function roleText({ role }: Pick<ComparedConfiguration, 'role'>): string {
  const of = (what: 'default' | 'winner'): string[] => {
    const [before, now] = [role.includes(`${what} of BASE`), role.includes(`${what} of NEW`)];
    return before && now ? [what] : before ? [`${what} of BASE`] : now ? [`${what} of NEW`] : [];
  };
  return [...of('default'), ...of('winner')].join(', ');
}
