// Conveniences of the figures: what a point is, which row is its, and a closer look. All of it reads without this script.
document.documentElement.classList.add('has-script');
const SVG = 'http://www.w3.org/2000/svg';
const svgElement = (name, attributes) => {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
};

// A point lights its row and what else is drawn of its configuration, and the row lights these.
const lightable = new Map();
const keep = (anchor, element) => lightable.set(anchor, [...(lightable.get(anchor) ?? []), element]);
for (const link of document.querySelectorAll('figure svg a')) keep(link.getAttribute('href').slice(1), link);
for (const mark of document.querySelectorAll('[data-row]')) keep(mark.dataset.row, mark);
for (const anchor of lightable.keys()) {
  const row = document.getElementById(anchor);
  if (row) keep(anchor, row);
}
let litNow;
const light = (anchor) => {
  if (anchor === litNow) return;
  for (const element of lightable.get(litNow) ?? []) {
    element.classList.remove('lit');
    element.ownerSVGElement?.classList.remove('lighting');
  }
  litNow = lightable.has(anchor) ? anchor : undefined;
  for (const element of lightable.get(litNow) ?? []) {
    element.classList.add('lit');
    element.ownerSVGElement?.classList.add('lighting');
  }
};
const anchorAt = (target) => {
  const link = target.closest?.('figure a[href^="#"]');
  if (link) return link.getAttribute('href').slice(1);
  return target.closest?.('[data-row]')?.dataset.row ?? target.closest?.('tr[id]')?.id;
};
const linkedNow = () => decodeURIComponent(location.hash.slice(1)).split('@')[0];
for (const kind of ['pointerover', 'focusin']) {
  document.addEventListener(kind, ({ target }) => {
    light(anchorAt(target) ?? linkedNow());
    tell(target.closest?.('figure svg a'));
  });
}
addEventListener('hashchange', () => light(linkedNow()));
light(linkedNow());

// What a mark says, at once; without the script the browser shows its title after a while.
const tip = document.createElement('div');
tip.className = 'tip';
tip.hidden = true;
document.body.append(tip);
function tell(link) {
  const title = link?.querySelector('title');
  if (title) {
    link.setAttribute('aria-label', title.textContent);
    title.remove();
  }
  tip.hidden = !link?.hasAttribute('aria-label');
  if (tip.hidden) return;
  tip.textContent = link.getAttribute('aria-label');
  const box = link.getBoundingClientRect();
  const left = Math.min(box.right + 8, document.documentElement.clientWidth - tip.offsetWidth - 8);
  tip.style.left = `${Math.max(8, left) + scrollX}px`;
  tip.style.top = `${box.bottom + 8 + scrollY}px`;
}

// Where the pointer is within a drawing, in its own units.
const within = (svg, event) => {
  const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  return { x, y };
};
const clamp = (value, [a, b]) => Math.min(Math.max(value, Math.min(a, b)), Math.max(a, b));

// Round values between two ends, some five of them.
const ticksBetween = (low, high) => {
  const raw = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= raw) * power;
  const first = Math.ceil(low / step);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, index) => {
    const value = (first + index) * step;
    return { value, text: value.toLocaleString('en-US', { maximumFractionDigits: digits }) };
  });
};

function zoomable(svg) {
  const axes = JSON.parse(svg.dataset.zoom);
  const inner = [...svg.querySelectorAll('.zoomed')].map((group) => {
    // The frame that cuts the group off stays as it is.
    const stretched = svgElement('g', {});
    stretched.append(...group.childNodes);
    group.append(stretched);
    return stretched;
  });
  const dots = [...svg.querySelectorAll('.dots :is(circle, path, text)')].map((mark) => {
    const place = mark.transform.baseVal.consolidate()?.matrix ?? { e: 0, f: 0 };
    const own = { x: Number(mark.getAttribute('cx') ?? 0), y: Number(mark.getAttribute('cy') ?? 0) };
    return { mark, x: place.e + own.x, y: place.f + own.y, own };
  });
  const usual = [...svg.querySelectorAll('[data-mark$="-axis tick"], [data-mark$="-axis tick label"], [data-mark$="-grid"]')];
  const ticks = svgElement('g', { fill: 'currentColor', 'font-variant': 'tabular-nums' });
  svg.append(ticks);
  const out = document.createElement('button');
  out.className = 'zoom-out';
  out.type = 'button';
  out.textContent = 'show all points';
  out.hidden = true;
  svg.before(out);

  const valueAt = ({ scale, domain: [low, high], range: [from, to] }, pixel) => {
    const share = (pixel - from) / (to - from);
    return scale === 'log' ? low * (high / low) ** share : low + share * (high - low);
  };
  const pixelOf = ({ scale, domain: [low, high], range: [from, to] }, value) =>
    from + (to - from) * (scale === 'log' ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low));

  function show(box) {
    out.hidden = !box;
    for (const element of usual) element.style.display = box ? 'none' : '';
    ticks.replaceChildren();
    const part = (axis, a, b) => {
      const [from, to] = axes[axis].range;
      if (!box) return { factor: 1, shift: 0 };
      const factor = Math.abs(to - from) / (b - a);
      return { factor, shift: Math.min(from, to) - a * factor };
    };
    const across = part('x', box?.x1, box?.x2);
    const up = part('y', box?.y1, box?.y2);
    for (const group of inner) {
      group.setAttribute('transform', `matrix(${across.factor} 0 0 ${up.factor} ${across.shift} ${up.shift})`);
    }
    for (const { mark, x, y, own } of dots) {
      mark.setAttribute('transform', `translate(${x * across.factor + across.shift - own.x},${y * up.factor + up.shift - own.y})`);
    }
    if (!box) return;
    const [left, right] = axes.x.range;
    const [bottom, top] = axes.y.range;
    for (const { value, text } of ticksBetween(valueAt(axes.x, box.x1), valueAt(axes.x, box.x2))) {
      const at = pixelOf(axes.x, value) * across.factor + across.shift;
      ticks.append(
        svgElement('line', { x1: at, x2: at, y1: bottom, y2: top, stroke: 'currentColor', 'stroke-opacity': 0.1 }),
        Object.assign(svgElement('text', { x: at, y: bottom + 18, 'text-anchor': 'middle' }), { textContent: text }),
      );
    }
    for (const { value, text } of ticksBetween(valueAt(axes.y, box.y2), valueAt(axes.y, box.y1))) {
      const at = pixelOf(axes.y, value) * up.factor + up.shift;
      ticks.append(
        svgElement('line', { x1: left, x2: right, y1: at, y2: at, stroke: 'currentColor', 'stroke-opacity': 0.1 }),
        Object.assign(svgElement('text', { x: left - 9, y: at, dy: '0.32em', 'text-anchor': 'end' }), { textContent: text }),
      );
    }
  }

  brushed(svg, (start, end) => {
    const [x1, x2] = [start.x, end.x].map((value) => clamp(value, axes.x.range)).sort((a, b) => a - b);
    const [y1, y2] = [start.y, end.y].map((value) => clamp(value, axes.y.range)).sort((a, b) => a - b);
    // Of what is shown already it is a part of that part.
    if (out.hidden && x2 - x1 > 8 && y2 - y1 > 8) show({ x1, x2, y1, y2 });
  });
  const whole = () => show(undefined);
  out.onclick = whole;
  svg.addEventListener('dblclick', whole);
  addEventListener('keydown', ({ key }) => key === 'Escape' && !out.hidden && whole());
}

// Calls `done` with both corners of what was dragged over.
function brushed(svg, done) {
  let start;
  let box;
  svg.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || event.pointerType === 'touch') return;
    start = within(svg, event);
  });
  svg.addEventListener('dragstart', (event) => event.preventDefault());
  svg.addEventListener('pointermove', (event) => {
    if (!start) return;
    const now = within(svg, event);
    if (!box && Math.hypot(now.x - start.x, now.y - start.y) < 5) return;
    if (!box) {
      box = svgElement('rect', { class: 'brush' });
      svg.append(box);
      svg.setPointerCapture(event.pointerId);
    }
    for (const [key, value] of Object.entries({ x: Math.min(start.x, now.x), y: Math.min(start.y, now.y), width: Math.abs(start.x - now.x), height: Math.abs(start.y - now.y) })) box.setAttribute(key, value);
  });
  const end = (event) => {
    const from = start;
    start = undefined;
    if (!box) return;
    box.remove();
    box = undefined;
    if (event.type === 'pointerup') done(from, within(svg, event));
  };
  svg.addEventListener('pointerup', end);
  svg.addEventListener('pointercancel', end);
}
for (const svg of document.querySelectorAll('svg[data-zoom]')) zoomable(svg);

// Parallel lines: only those stay that cross every axis where it was dragged over.
function parallel(svg) {
  const lines = [...svg.querySelectorAll('.profiles path')].map((path) => ({
    path,
    places: [...path.getAttribute('d').matchAll(/-?[\d.]+,(-?[\d.]+)/g)].map((match) => Number(match[1])),
  }));
  const ranges = new Map();
  const show = () => {
    for (const { path, places } of lines) {
      const isIn = [...ranges].every(([axis, { from, to }]) => places[axis] >= from && places[axis] <= to);
      path.classList.toggle('out', !isIn);
    }
  };
  [...svg.querySelectorAll('.axes line')].forEach((line, axis) => {
    const at = (name) => Number(line.getAttribute(name));
    const [top, bottom] = [at('y1'), at('y2')].sort((a, b) => a - b);
    const box = svgElement('rect', { class: 'brush', x: at('x1') - 9, width: 18, y: 0, height: 0 });
    const zone = svgElement('rect', { class: 'axis-brush', x: at('x1') - 12, width: 24, y: top, height: bottom - top });
    svg.append(box, zone);
    let start;
    const draw = (from, to) => {
      box.setAttribute('y', from);
      box.setAttribute('height', to - from);
    };
    zone.addEventListener('pointerdown', (event) => {
      start = within(svg, event).y;
      zone.setPointerCapture(event.pointerId);
    });
    zone.addEventListener('pointermove', (event) => {
      if (start === undefined) return;
      const [from, to] = [start, clamp(within(svg, event).y, [top, bottom])].sort((a, b) => a - b);
      // A click, or nearly one, takes the choice back.
      if (to - from > 4) ranges.set(axis, { from, to });
      else ranges.delete(axis);
      draw(from, ranges.has(axis) ? to : from);
      show();
    });
    zone.addEventListener('pointerup', (event) => {
      if (Math.abs(within(svg, event).y - start) <= 4) {
        ranges.delete(axis);
        draw(top, top);
        show();
      }
      start = undefined;
    });
  });
}
for (const svg of document.querySelectorAll('svg[data-parallel]')) parallel(svg);
