// Writes what is made of tables, schemas and examples: the JSON Schemas of perf.yaml for editors and of results.json,
// comparisons, exports and what --on-finish posts for programs, the page of findings, the tables in other pages, and the examples in
// the page of the library.
import { readFileSync, writeFileSync } from 'node:fs';
import { perfSchema } from '../src/config/document.ts';
import { comparisonJsonSchema } from '../src/record/comparison.ts';
import { noticeJsonSchema } from '../src/record/finish-notice.ts';
import { resultsJsonSchema } from '../src/record/results.ts';
import { exportJsonSchema } from '../src/report/deployment/export-record.ts';
import { findingsPage } from './docs/findings-page.ts';
import { withExamples } from './docs/library-page.ts';
import { PAGES_WITH_TABLES, withTables } from './docs/tables.ts';

writeFileSync('perf.schema.json', `${JSON.stringify(perfSchema(), undefined, 2)}\n`);
writeFileSync('results.schema.json', `${JSON.stringify(resultsJsonSchema(), undefined, 2)}\n`);
writeFileSync('comparison.schema.json', `${JSON.stringify(comparisonJsonSchema(), undefined, 2)}\n`);
writeFileSync('export.schema.json', `${JSON.stringify(exportJsonSchema(), undefined, 2)}\n`);
writeFileSync('finish.schema.json', `${JSON.stringify(noticeJsonSchema(), undefined, 2)}\n`);
for (const page of PAGES_WITH_TABLES) writeFileSync(page, withTables(readFileSync(page, 'utf8')));
writeFileSync('docs/findings.md', findingsPage());
writeFileSync('docs/library.md', withExamples(readFileSync('docs/library.md', 'utf8')));
