// Draws the tables: the same content as the graph, for screen readers, for
// searching within the page, and for copying.

import { el, setText } from './dom.js';
import { count, latency, rate } from './format.js';
import { classOf, mark } from './health.js';
import { byName } from './model.js';
import * as say from './say.js';

const pageful = 200; // rows that are there at once, until more are asked for

const number = (title, of) => ({ title, of, number: true });
const common = {
  start: [
    { title: 'Namespace', of: (r) => r.namespace },
    { title: 'Name', of: (r) => r.name, button: true },
    { title: 'Health', of: say.health, mark: true },
  ],
  end: [
    number('Sent/s', (r) => (r.rate ? rate(r.rate.sentPerSecond) : '')),
    number('Received/s', (r) => (r.rate ? rate(r.rate.receivedPerSecond) : '')),
    number('Pods', (r) => `${r.readyPods}/${r.pods}`),
  ],
};
const serverColumns = [...common.start, { title: 'Address', of: (r) => r.address }, number('Sessions', (r) => count(r.sessions.open)),
  number('Accepted', (r) => count(r.sessions.accepted)), number('Rejected', (r) => count(r.sessions.rejected)), ...common.end];
const clientColumns = [...common.start, { title: 'Target', of: (r) => r.target }, { title: 'Sessions', of: (r) => say.sessions(r).replace(' sessions', ''), number: true },
  number('Lost', (r) => count(r.sessions.lost)), number('p50', (r) => (r.roundTrip ? latency(r.roundTrip.p50Microseconds) : '')),
  number('p99', (r) => (r.roundTrip ? latency(r.roundTrip.p99Microseconds) : '')), ...common.end];

// Tables draws into the section of index.html.
export class Tables {
  constructor(section, select) {
    this.parts = [new Rows('Servers', serverColumns, select), new Rows('Clients', clientColumns, select)];
    section.append(...this.parts.map((part) => part.element));
  }

  show(namespaces, selected, lit) {
    const all = namespaces.flatMap((n) => n.resources).sort(byName);
    this.parts[0].show(all.filter((r) => r.kind === 'TcpServer'), selected, lit);
    this.parts[1].show(all.filter((r) => r.kind === 'TcpClient'), selected, lit);
  }
}

// Rows is one table. It changes rows in place, so that a focus stays.
class Rows {
  constructor(title, columns, select) {
    Object.assign(this, { title, columns, select, most: pageful, rows: new Map() });
    this.caption = el('caption');
    this.body = el('tbody');
    this.more = el('button', { type: 'button', class: 'more', hidden: true, onclick: () => this.showMore() });
    const titles = columns.map((c) => el('th', { scope: 'col', class: c.number ? 'number' : null }, c.title));
    this.element = el('div', { class: 'rows' }, el('table', {}, this.caption, el('thead', {}, el('tr', {}, titles)), this.body), this.more);
  }

  show(resources, selected, lit) {
    this.last = [resources, selected, lit];
    setText(this.caption, `${this.title} (${count(resources.length)})`);
    const shown = resources.slice(0, this.most);
    const before = this.rows;
    this.rows = new Map(shown.map((r) => [r.id, before.get(r.id) ?? this.row(r)]));
    for (const [id, row] of before) if (!this.rows.has(id)) row.remove();
    shown.forEach((r, i) => {
      const row = this.rows.get(r.id);
      if (this.body.children[i] !== row) this.body.insertBefore(row, this.body.children[i] ?? null);
      this.update(row, r, selected, lit);
    });
    this.more.hidden = resources.length <= this.most;
    setText(this.more, `Show ${count(Math.min(pageful, resources.length - this.most))} more of ${count(resources.length)}`);
  }

  showMore() {
    this.most += pageful;
    this.show(...this.last);
  }

  row(r) {
    return el('tr', {}, this.columns.map((c) => {
      if (c.button) return el('th', { scope: 'row' }, el('button', { type: 'button', class: 'link', onclick: () => this.select(r.id) }));
      return el('td', { class: c.number ? 'number' : null }, c.mark ? [el('span', { class: 'badge' }), el('span')] : null);
    }));
  }

  update(row, r, selected, lit) {
    row.classList.toggle('selected', r.id === selected);
    row.classList.toggle('dim', lit !== null && !lit.has(r.id));
    this.columns.forEach((c, i) => {
      const cell = row.children[i];
      setText(c.button || c.mark ? cell.lastChild : cell, c.of(r));
      if (c.button) cell.lastChild.setAttribute('aria-pressed', String(r.id === selected));
      if (c.mark && cell.dataset.health !== r.health) {
        cell.dataset.health = r.health;
        cell.className = classOf(r.health);
        cell.firstChild.replaceChildren(mark(r.health));
      }
    });
  }
}
