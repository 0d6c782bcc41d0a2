import type { FindingKind } from '../../src/rank/findings/finding.ts';
import { MOST_TOLD, RULES } from '../../src/rank/findings/findings-of.ts';

const KINDS: Readonly<Record<FindingKind, string>> = {
  doubt: 'figures may not be what they seem',
  gain: 'more may be had',
  saving: 'the same is had for less',
  cause: 'what sets the figures',
};

/** docs/findings.md, made of the table of rules. */
export function findingsPage(): string {
  const kinds = Object.entries(KINDS) as [FindingKind, string][];
  return `# Findings

Beside the verdict a run shows other things: that the GPU was idle, that batches never fill, that an instance more costs memory and
gains nothing. Each of these is a rule of \`tma\`, which speaks in a sentence of settings and figures and names the measurements that
it rests on. The first three stand below the verdict in the terminal, up to ${MOST_TOLD} on the summary page with links to the
configurations concerned, and all of them under \`findings\` of each model in \`results/results.json\`: \`rule\`, \`kind\`, \`text\`,
\`worth\` (which share of a figure or of a resource it concerns, 0 to 1) and \`evidence\`.

A rule is about the configuration that was decided for, or where nothing was, the first of the ranking. It says nothing

- where the noise explains what it saw: differences are held against the 95 % intervals and against what starts of the server
  differ by;
- where a figure that it needs was not measured: what Model Analyzer recorded has no intervals, so that hardly a rule speaks;
- by one unstable look: a measurement carries a finding where it is as precise as was asked, or was made several times, or where
  others say the same;
- by a measurement that is marked \`drifted\`.

What casts doubt on figures is told first, then what may bring more, then what may be saved, then causes; within each what is worth
more.
${kinds
  .map(
    ([kind, words]) => `
## ${kind}: ${words}

| rule | speaks where |
|---|---|
${RULES.filter((rule) => rule.kind === kind)
  .map(({ name, speaks }) => `| \`${name}\` | ${speaks} |`)
  .join('\n')}
`,
  )
  .join('')}`;
}
