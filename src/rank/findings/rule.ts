import type { FindingKind, Found } from './finding.ts';
import type { Scene } from './scene.ts';

/** One idea that a run's measurements may show. */
export interface Rule {
  readonly name: string;
  readonly kind: FindingKind;
  /** When it speaks, in words, for docs/findings.md. */
  readonly speaks: string;
  /** undefined: it is not so, noise may explain it, or a figure that it needs was not measured. */
  find(scene: Scene): Found | undefined;
}
