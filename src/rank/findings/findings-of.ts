import { canonicalJson } from '../../model-config/config.ts';
import type { Run } from '../../record/run.ts';
import type { Ranking } from '../rank.ts';
import { clientBound } from './client-bound.ts';
import { decisiveSetting } from './decisive-setting.ts';
import { edgeOfRange } from './edge-of-range.ts';
import type { Finding, FindingKind } from './finding.ts';
import { fullCpu } from './full-cpu.ts';
import { goodDefault } from './good-default.ts';
import { heldBackGpu } from './held-back-gpu.ts';
import { hostTail } from './host-tail.ts';
import { idleBatchSize } from './idle-batch-size.ts';
import { idleGpu } from './idle-gpu.ts';
import { idleInstances } from './idle-instances.ts';
import { lookFurther } from './look-further.ts';
import { memoryLeft } from './memory-left.ts';
import { noBatcher } from './no-batcher.ts';
import { outsideServer } from './outside-server.ts';
import { queueBound } from './queue-bound.ts';
import { queueDelay } from './queue-delay.ts';
import type { Rule } from './rule.ts';
import { saturated } from './saturated.ts';
import { sharedGpu } from './shared-gpu.ts';
import { shorterQueue } from './shorter-queue.ts';
import { unfilledBatches } from './unfilled-batches.ts';

/** Every rule; those of one kind and worth are told in this order. */
export const RULES: readonly Rule[] = [
  ...[clientBound, hostTail, heldBackGpu, sharedGpu],
  ...[lookFurther, edgeOfRange, unfilledBatches, noBatcher, idleGpu, outsideServer, memoryLeft],
  ...[idleInstances, queueDelay, goodDefault, idleBatchSize],
  ...[decisiveSetting, shorterQueue, queueBound, saturated, fullCpu],
];

/** So many findings are told on a page. */
export const MOST_TOLD = 6;

/** So many measurements are named as evidence of a finding. */
const MOST_EVIDENCE = 5;

/** What casts doubt on figures goes first, then what may bring more, then what may be saved, then what sets the figures. */
const ORDER: Readonly<Record<FindingKind, number>> = { doubt: 0, gain: 1, saving: 2, cause: 3 };

/** They are asked for by several views of the same ranking; a search of thousands of configurations takes a second. */
const known = new WeakMap<Ranking, readonly Finding[]>();

/**
 * What a run shows of one model beside its verdict, by worth: each from a rule, with the measurements that carry it. A rule
 * says nothing where noise may explain what it saw, or where a figure that it needs was not measured.
 */
export function findingsOf(run: Run, ranking: Ranking): readonly Finding[] {
  const findings = known.get(ranking) ?? lookFor(run, ranking);
  known.set(ranking, findings);
  return findings;
}

function lookFor(run: Run, ranking: Ranking): Finding[] {
  const shown = ranking.winner ?? ranking.leader;
  if (!shown) return [];
  const found = RULES.flatMap((rule): Finding[] => {
    const own = rule.find({ run, ranking, shown });
    return own
      ? [{ rule: rule.name, kind: rule.kind, ...own, evidence: own.evidence.slice(0, MOST_EVIDENCE) }]
      : [];
  });
  return eachOnce(found.toSorted((a, b) => ORDER[a.kind] - ORDER[b.kind] || b.worth - a.worth));
}

/** A finding that compares the very figures of one that stands before it says the same once more. */
function eachOnce(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>();
  return findings.filter(({ evidence }) => {
    const compared = canonicalJson(evidence.map((item) => canonicalJson(item)).sort());
    const isSaid = evidence.length > 1 && seen.has(compared);
    seen.add(compared);
    return !isSaid;
  });
}
