import { OPTIONS, type Option, type OptionKey } from '../../src/config/options.ts';
import { code, table } from './markdown.ts';

const rows = Object.entries(OPTIONS) as [OptionKey, Option][];

/** The tables of docs/from-model-analyzer.md: every option, and what became of it. */
export function peerTables(): Record<string, string> {
  const theirs = rows.filter(([, { peer }]) => peer !== 'ours');
  const ours = rows.filter(([, { peer }]) => peer === 'ours');
  return {
    'options of Model Analyzer': table(
      ['option', 'flag', 'in tma'],
      theirs.map(([key, option]) => [code(key), flagOf(option), stateOf(option)]),
    ),
    'options that tma adds': table(
      ['option', 'flag', 'does', 'default'],
      ours.map(([key, option]) => [code(key), flagOf(option), option.help, option.fallback ?? '']),
    ),
  };
}

const flagOf = ({ flags }: Option): string => (flags ? code(flags) : 'perf.yaml only');

function stateOf({ peer, withoutEffect, refused }: Option): string {
  if (refused) return `not there: ${refused}`;
  if (withoutEffect) return `${peer === 'covered' ? '' : 'not there: '}${withoutEffect}`;
  if (peer === undefined || typeof peer === 'string') return 'same';
  return 'better' in peer ? `better: ${peer.better}` : `different: ${peer.differs}`;
}
