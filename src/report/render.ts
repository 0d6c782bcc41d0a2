import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Handlebars from 'handlebars';

const TEMPLATES = fileURLToPath(new URL('../../templates/', import.meta.url));

const read = (name: string): string => readFileSync(join(TEMPLATES, name), 'utf8');

function loadTemplates(): (name: string, view: unknown) => string {
  const engine = Handlebars.create();
  for (const file of readdirSync(join(TEMPLATES, 'partials'))) {
    engine.registerPartial(basename(file, '.hbs'), read(join('partials', file)));
  }
  // SVG of our own figures, style sheets and scripts: the only texts that are not escaped.
  engine.registerHelper('raw', (text: string) => new engine.SafeString(text));
  engine.registerHelper('style', () => new engine.SafeString(read('report.css') + read('charts.css')));
  engine.registerHelper('script', () => new engine.SafeString(read('report.js') + read('charts.js')));
  const compiled = new Map<string, Handlebars.TemplateDelegate>();
  return (name, view) => {
    let template = compiled.get(name);
    if (!template) {
      template = engine.compile(read(`${name}.hbs`), { strict: true });
      compiled.set(name, template);
    }
    return template(view);
  };
}

let render: ReturnType<typeof loadTemplates> | undefined;

/** A page of its own: styles, figures and script inlined, nothing loaded from anywhere. */
export function renderHtml(
  template: 'summary' | 'detailed' | 'across' | 'comparison',
  view: unknown,
): string {
  render ??= loadTemplates();
  return render(template, view);
}
