import { appendFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shellWord } from '../ground/wording.ts';

/** Keeps lines that a journal could not take, so that they can be put back when there is space again. */
export class Rescue {
  readonly #journal: string;
  #file: string | undefined;
  /** Lines that no disk took. */
  #lost = '';

  constructor(journal: string) {
    this.#journal = journal;
  }

  /** Keeps one more line; answers in words where they are, and how they come back. */
  keep(line: string): string {
    try {
      // A name that nobody can foresee: what lies under one in a shared folder may be somebody else's link.
      this.#file ??= join(mkdtempSync(join(tmpdir(), 'tma-unsaved-')), 'lines.jsonl');
      appendFileSync(this.#file, line, { mode: 0o600 });
      return `what was just measured is kept in ${this.#file} (put it back with \`cat ${shellWord(this.#file)} >> ${shellWord(this.#journal)}\`)`;
    } catch {
      this.#lost += line;
      return `what was just measured: ${this.#lost.trim()}`;
    }
  }
}
