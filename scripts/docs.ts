// Writes what is made of tables and schemas: the JSON Schemas of perf.yaml for editors and of results.json for programs, and
// the page for Model Analyzer's users.
import { writeFileSync } from 'node:fs';
import { comparisonPage, perfSchema } from '../src/config/document.ts';
import { resultsJsonSchema } from '../src/record/results.ts';

writeFileSync('perf.schema.json', `${JSON.stringify(perfSchema(), undefined, 2)}\n`);
writeFileSync('results.schema.json', `${JSON.stringify(resultsJsonSchema(), undefined, 2)}\n`);
writeFileSync('docs/from-model-analyzer.md', comparisonPage());
