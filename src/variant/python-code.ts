import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesOfModel } from './files.ts';

/** The ways in which code names a variable of its environment: `os.environ["A"]`, `os.environ.get("A")`, `os.getenv("A")`. */
const READS = /(?:\benviron\s*(?:\[|\.\s*(?:get|pop|setdefault)\s*\()|\bgetenv\s*\()\s*[rbuf]*["'](\w+)["']/g;
/** `"A" in os.environ` */
const LOOKS = /["'](\w+)["']\s+(?:not\s+)?in\s+(?:os\s*\.\s*)?environ\b/g;

/** What models' code in Python reads of its environment, by name; undefined where they have no such code. */
export function pythonReads(folders: readonly string[]): readonly string[] | undefined {
  const files = folders.flatMap((folder) =>
    filesOfModel(folder)
      .filter((name) => name.endsWith('.py'))
      .map((name) => join(folder, name)),
  );
  if (files.length === 0) return undefined;
  const names = files.flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    return [READS, LOOKS].flatMap((form) => [...text.matchAll(form)].map(([, name]) => name!));
  });
  return [...new Set(names)].sort();
}
