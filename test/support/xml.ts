/** An element of a document that `parseXml` read; texts are those of all its own text nodes, one after the other. */
export interface Node {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Node[];
  readonly text: string;
}

/** Characters that XML 1.0 allows; every other one makes a document ill-formed, escaped or not. */
const ALLOWED = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u;
const NAME = /[A-Za-z_:][\w:.-]*/y;
const ENTITY = /&(?:(amp|lt|gt|quot|apos)|#(\d+)|#x([\da-fA-F]+));/g;
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Reads a document strictly, without DTDs, comments and CDATA, which tma does not write. @throws what is ill-formed. */
export function parseXml(text: string): Node {
  if (!ALLOWED.test(text)) throw new Error('a character that XML 1.0 forbids');
  const head = '<?xml version="1.0" encoding="UTF-8"?>\n';
  if (!text.startsWith(head)) throw new Error('no XML declaration');
  const reader = new Reader(text, head.length);
  const root = reader.element();
  if (text.slice(reader.at).trim() !== '') throw new Error('something behind the root');
  return root;
}

class Reader {
  readonly #text: string;
  at: number;

  constructor(text: string, at: number) {
    this.#text = text;
    this.at = at;
  }

  element(): Node {
    this.#expect('<');
    const name = this.#name();
    const attributes: Record<string, string> = {};
    for (;;) {
      const hadBlank = this.#blanks();
      if (this.#take('/>')) return { name, attributes, children: [], text: '' };
      if (this.#take('>')) break;
      if (!hadBlank) throw new Error(`no blank before an attribute of ${name}`);
      const key = this.#name();
      this.#expect('="');
      const end = this.#text.indexOf('"', this.at);
      if (key in attributes) throw new Error(`${name} has ${key} twice`);
      attributes[key] = unescaped(this.#text.slice(this.at, end).replace(/[\t\n\r]/g, ' '));
      this.at = end + 1;
    }
    return { name, attributes, ...this.#content(name) };
  }

  #content(name: string): Pick<Node, 'children' | 'text'> {
    const children: Node[] = [];
    let text = '';
    for (;;) {
      const next = this.#text.indexOf('<', this.at);
      if (next < 0) throw new Error(`${name} has no end`);
      text += unescaped(this.#text.slice(this.at, next));
      this.at = next;
      if (!this.#text.startsWith('</', next)) {
        children.push(this.element());
        continue;
      }
      this.#expect(`</${name}>`);
      return { children, text };
    }
  }

  #name(): string {
    NAME.lastIndex = this.at;
    const [name] = NAME.exec(this.#text) ?? [];
    if (name === undefined) throw new Error(`no name at ${this.#text.slice(this.at, this.at + 20)}`);
    this.at += name.length;
    return name;
  }

  #blanks(): boolean {
    const before = this.at;
    while (/\s/.test(this.#text[this.at] ?? '')) this.at++;
    return this.at > before;
  }

  #take(text: string): boolean {
    const found = this.#text.startsWith(text, this.at);
    if (found) this.at += text.length;
    return found;
  }

  #expect(text: string): void {
    if (!this.#take(text)) throw new Error(`expected ${text} at ${this.#text.slice(this.at, this.at + 20)}`);
  }
}

function unescaped(text: string): string {
  const left = text.replace(ENTITY, '');
  if (/[<&]|\]\]>/.test(left)) throw new Error(`not escaped: ${text}`);
  return text.replace(ENTITY, (_match, name?: string, decimal?: string, hex?: string) => {
    const letter = name
      ? NAMED[name]!
      : String.fromCodePoint(decimal ? Number(decimal) : Number.parseInt(hex!, 16));
    if (!ALLOWED.test(letter)) throw new Error('a reference to a character that XML 1.0 forbids');
    return letter;
  });
}
