// Writes what is made of the table of options: the JSON Schema for editors, and the page for Model Analyzer's users.
import { writeFileSync } from 'node:fs';
import { comparisonPage, perfSchema } from '../src/config/document.ts';

writeFileSync('perf.schema.json', `${JSON.stringify(perfSchema(), undefined, 2)}\n`);
writeFileSync('docs/from-model-analyzer.md', comparisonPage());
