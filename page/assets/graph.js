// Draws the graph. Only what is near the visible part is in the document, so
// thousands of resources cost as much as a screenful.

import { byId, el, setText, svg } from './dom.js';
import { count, counted } from './format.js';
import { classOf, mark } from './health.js';
import { layout, middle, next, nodeHeight } from './layout.js';
import { totals, worstHealth } from './model.js';
import * as say from './say.js';

const margin = 300; // drawn beyond the visible part, in pixels

// Graph draws into the elements of index.html.
export class Graph {
  constructor({ scroller, select, toggle }) {
    Object.assign(this, { scroller, select, toggle, drawn: new Map(), edges: new Map(), plan: { items: [], height: 0 } });
    this.canvas = byId('canvas');
    this.nodes = byId('nodes');
    this.lines = byId('edges');
    const again = () => this.later();
    scroller.addEventListener('scroll', again, { passive: true });
    new ResizeObserver(again).observe(scroller);
    this.nodes.addEventListener('keydown', (event) => this.move(event));
    this.nodes.addEventListener('focusin', (event) => this.hold(event.target.dataset.id));
  }

  // show takes over what is in sight, and which of it is lit: all, if lit is null.
  show(namespaces, closed, selected, lit) {
    this.plan = layout(namespaces, closed);
    this.selected = selected;
    this.lit = lit;
    if (!this.plan.items.some((i) => i.id === this.current)) this.current = this.plan.items.find((i) => i.type !== 'target' || i.resource.health)?.id;
    this.canvas.style.height = `${this.plan.height}px`;
    this.draw();
  }

  later() {
    this.pending ??= requestAnimationFrame(() => {
      this.pending = null;
      this.draw();
    });
  }

  draw() {
    if (!this.canvas.offsetParent) return;
    const view = this.visible();
    const size = this.columns();
    const wanted = this.plan.items.filter((i) => (i.bottom > view.top - margin && i.top < view.bottom + margin) || i.id === this.current);
    const seen = new Set(wanted.map((i) => i.id));
    for (const known of [this.drawn, this.edges]) {
      for (const [id, element] of known) {
        if (!seen.has(id)) {
          element.remove();
          known.delete(id);
        }
      }
    }
    for (const item of wanted) {
      if (item.type === 'heading') this.heading(item);
      else this.node(item, view, size);
      if (item.type === 'client') this.edge(item, view, size);
    }
  }

  // visible is the part of the canvas that the reader sees.
  visible() {
    const top = this.scroller.scrollTop - this.canvas.offsetTop + this.scroller.offsetTop;
    return { top, bottom: top + this.scroller.clientHeight };
  }

  columns() {
    const width = this.canvas.clientWidth;
    return { width, node: Math.round(Math.min(280, Math.max(170, width * 0.24))) };
  }

  element(item, make) {
    if (!this.drawn.has(item.id)) {
      const made = make();
      made.dataset.id = item.id;
      this.drawn.set(item.id, made);
      this.nodes.append(made);
    }
    const element = this.drawn.get(item.id);
    if (element.tagName === 'BUTTON') element.tabIndex = item.id === this.current ? 0 : -1;
    return element;
  }

  heading(item) {
    const h = this.element(item, () => el('button', { type: 'button', class: 'heading', onclick: () => this.toggle(item.namespace.name) },
      el('span', { class: 'arrow', 'aria-hidden': 'true' }), el('span', { class: 'badge' }), el('strong', {}, item.namespace.name), el('span', { class: 'sum' })));
    h.style.top = `${item.top}px`;
    h.setAttribute('aria-expanded', String(!item.closed));
    const sum = totals(item.namespace.resources);
    setText(h.lastChild, [counted(sum.servers, 'server'), counted(sum.clients, 'client'), `${count(sum.established)}/${count(sum.desired)} sessions`,
      sum.unhealthy ? `${count(sum.unhealthy)} not healthy` : 'all healthy'].join(' · '));
    const worst = worstHealth(item.namespace.resources);
    if (h.dataset.health !== worst) {
      h.dataset.health = worst;
      h.className = `heading ${classOf(worst)}`;
      h.children[1].replaceChildren(mark(worst));
    }
    h.classList.toggle('dim', this.lit !== null && !item.namespace.resources.some((r) => this.lit.has(r.id)));
  }

  node(item, view, size) {
    const r = item.resource;
    const ours = r.health !== undefined;
    const n = this.element(item, () => (ours
      ? el('button', { type: 'button', onclick: () => this.select(item.id) }, el('span', { class: 'badge' }), el('span', { class: 'name' }), el('span', { class: 'state' }))
      : el('div', {}, el('span', { class: 'badge' }), el('span', { class: 'name' }), el('span', { class: 'state' }))));
    const look = `node ${r.kind} ${classOf(r.health)}`;
    if (n.dataset.look !== look) {
      n.dataset.look = n.className = look;
      n.firstChild.replaceChildren(mark(r.health));
    }
    const foreign = item.type === 'client' && r.namespace !== item.group.target.namespace;
    setText(n.children[1], foreign ? `${r.namespace}/${r.name}` : r.name);
    setText(n.children[2], say.state(r));
    n.title = ours ? `${r.name}: ${r.message || say.state(r)}` : r.name;
    if (ours) {
      n.setAttribute('aria-label', say.aloud(r));
      n.setAttribute('aria-pressed', String(item.id === this.selected));
    }
    n.classList.toggle('dim', this.lit !== null && !this.lit.has(item.id));
    n.style.width = `${size.node}px`;
    n.style.transform = `translate(${item.type === 'client' ? 0 : size.width - size.node}px, ${middle(item, view) - nodeHeight / 2}px)`;
  }

  edge(item, view, size) {
    const r = item.resource;
    if (!this.edges.has(item.id)) {
      const made = svg('g', { onclick: () => this.select(item.id) },
        svg('path', { class: 'hit' }), svg('path', { class: 'line' }), svg('path', { class: 'stop' }),
        svg('text', { class: 'what' }), svg('text', { class: 'how' }));
      this.edges.set(item.id, made);
      this.lines.append(made);
    }
    const g = this.edges.get(item.id);
    const target = this.plan.items.find((i) => i.type === 'target' && i.group === item.group);
    const y = middle(item, view);
    const from = size.node;
    const to = size.width - size.node;
    const straight = from + (to - from) * 0.66;
    const bend = (to - straight) * 0.55;
    const d = `M${from} ${y}H${straight}C${straight + bend} ${y} ${to - bend} ${middle(target, view)} ${to} ${middle(target, view)}`;
    const [hit, line, stop, what, how] = g.children;
    hit.setAttribute('d', d);
    line.setAttribute('d', d);
    stop.setAttribute('d', say.blockedWell(r) ? `M${straight} ${y - 8}v16M${straight + 5} ${y - 8}v16` : '');
    label(what, from + 14, y - 7, say.sessions(r));
    label(how, from + 14, y + 17, detail(r, to - from));
    g.setAttribute('class', `edge ${classOf(r.health)}${r.sessions.established ? '' : ' broken'}${item.id === this.selected ? ' selected' : ''}${this.lit && !this.lit.has(item.id) ? ' dim' : ''}`);
  }

  // hold keeps an element in the document while it has the focus.
  hold(id) {
    if (!id || id === this.current) return;
    const before = this.drawn.get(this.current);
    if (before) before.tabIndex = -1;
    this.current = id;
    this.drawn.get(id).tabIndex = 0;
  }

  move(event) {
    if (!['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Home', 'End'].includes(event.key)) return;
    event.preventDefault();
    const from = this.plan.items.find((i) => i.id === event.target.dataset.id);
    if (from) this.focus(next(this.plan.items, from, event.key));
  }

  // focus brings an item into sight and puts the focus on it.
  focus(item) {
    this.current = item.id;
    this.reveal(item);
    this.draw();
    this.drawn.get(item.id)?.focus({ preventScroll: true });
  }

  reveal(item) {
    const view = this.visible();
    const height = view.bottom - view.top;
    const y = middle(item, view);
    if (y - nodeHeight < view.top) this.scroller.scrollTop -= view.top - y + nodeHeight + height / 4;
    if (y + nodeHeight > view.bottom) this.scroller.scrollTop += y + nodeHeight - view.bottom + height / 4;
  }

  // find brings a resource into sight, if the plan has it.
  find(id) {
    const item = this.plan.items.find((i) => i.id === id);
    if (item) this.reveal(item);
    return item;
  }
}

function label(text, x, y, content) {
  text.setAttribute('x', x);
  text.setAttribute('y', y);
  setText(text, content);
}

// detail is what stands below an edge, as much as its length takes.
function detail(r, length) {
  const trip = length > 420 ? say.roundTrip(r) : say.roundTrip(r).split('  ')[1] ?? '';
  return [say.rates(r), trip].filter(Boolean).join('   ');
}
