import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Handlebars from 'handlebars';
import { visible } from '../ground/wording.ts';

const TEMPLATES = fileURLToPath(new URL('../../templates/', import.meta.url));

/** Words with letters that are read from right to left. */
const FROM_RIGHT = /\S*[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]\S*/g;

/** A section's beginning: its id, what it is called in the contents, and its heading. */
const SECTION = /<section id="([\w-]+)"(?: data-nav="([^"]*)")?[^>]*>\s*<h2[^>]*>(.*?)<\/h2>/gs;

/** A page with links to its sections where it has room for them. */
const withContents = (html: string): string =>
  html.replace('<!--contents-->', () =>
    [...html.matchAll(SECTION)]
      .map(([, id, short, heading]) => `<a href="#${id}">${short ?? heading}</a>`)
      .join(' '),
  );

const read = (name: string): string => readFileSync(join(TEMPLATES, name), 'utf8');

const bidi = (escaped: string): string => escaped.replace(FROM_RIGHT, (word) => `<bdi>${word}</bdi>`);

function loadTemplates(): (name: string, view: unknown) => string {
  const engine = Handlebars.create();
  for (const file of readdirSync(join(TEMPLATES, 'partials'))) {
    engine.registerPartial(basename(file, '.hbs'), read(join('partials', file)));
  }
  // SVG of our own figures, style sheets and scripts: the only texts that are not escaped.
  engine.registerHelper('raw', (text: string) => new engine.SafeString(text));
  // Names and sentences: what is read from right to left does not turn round what stands beside it.
  engine.registerHelper('bidi', (text: string) => new engine.SafeString(bidi(engine.escapeExpression(text))));
  // Long names may break behind an underscore.
  engine.registerHelper(
    'breakable',
    (text: string) => new engine.SafeString(engine.escapeExpression(text).replaceAll('_', '_<wbr>')),
  );
  // The same on paper, where the sign that a browser puts there would be copied with the text.
  engine.registerHelper(
    'pieces',
    (text: string) =>
      new engine.SafeString(
        (text.match(/[^_ ]{1,24}[_ ]*|[_ ]+/gu) ?? [])
          .map((piece) => `<span class="piece">${bidi(engine.escapeExpression(piece))}</span>`)
          .join(''),
      ),
  );
  engine.registerHelper('style', () => new engine.SafeString(read('report.css') + read('charts.css')));
  engine.registerHelper('script', () => new engine.SafeString(read('report.js') + read('charts.js')));
  const compiled = new Map<string, Handlebars.TemplateDelegate>();
  return (name, view) => {
    let template = compiled.get(name);
    if (!template) {
      template = engine.compile(read(`${name}.hbs`), { strict: true });
      compiled.set(name, template);
    }
    // Hidden letters, which show a text otherwise than it is, are written out.
    return visible(withContents(template(view)));
  };
}

let render: ReturnType<typeof loadTemplates> | undefined;

/** A page of its own: styles, figures and script inlined, nothing loaded from anywhere. */
export function renderHtml(
  template: 'summary' | 'paper' | 'detailed' | 'across' | 'comparison' | 'index',
  view: unknown,
): string {
  render ??= loadTemplates();
  return render(template, view);
}
