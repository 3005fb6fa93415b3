// Draws the tables: the same content as the graph, for screen readers, for
// searching within the page, and for copying.

import { el, keep, setText } from './dom.js';
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
    number('Pods', (r) => say.pods(r).replace(' pods', '')),
  ],
};
const serverColumns = [...common.start, { title: 'Address', of: (r) => r.address }, number('Sessions', (r) => count(r.sessions.open)),
  number('Accepted', (r) => count(r.sessions.accepted)), number('Rejected', (r) => count(r.sessions.rejected)), ...common.end];
const clientColumns = [...common.start, { title: 'Target', of: (r) => r.target }, { title: 'Sessions', of: (r) => say.sessions(r).replace(/ sessions|, as expected/, ''), number: true },
  number('Lost', (r) => count(r.sessions.lost)), number('p50', (r) => (r.roundTrip ? latency(r.roundTrip.p50Microseconds) : '')),
  number('p99', (r) => (r.roundTrip ? latency(r.roundTrip.p99Microseconds) : '')), ...common.end];

// Tables draws into the section of index.html.
export class Tables {
  constructor(section, select) {
    this.parts = [new Rows('Servers', serverColumns, select), new Rows('Clients', clientColumns, select)];
    section.append(...this.parts.map((part) => part.element));
  }

  show(namespaces, selected) {
    const all = namespaces.flatMap((n) => n.resources).sort(byName);
    this.parts[0].show(all.filter((r) => r.kind === 'TcpServer'), selected);
    this.parts[1].show(all.filter((r) => r.kind === 'TcpClient'), selected);
  }

  // find brings a resource into sight, if there is a row of it. What is in sight
  // does not move.
  find(id) {
    const row = this.row(id);
    row?.scrollIntoView({ block: 'nearest' });
    return row;
  }

  // focus puts the focus on a resource's name.
  focus(id) {
    this.row(id)?.querySelector('button').focus({ preventScroll: true });
  }

  row(id) {
    return this.parts.map((part) => part.body.kept?.get(id)).find(Boolean);
  }
}

// Rows is one table. It changes rows in place, so that a focus stays.
class Rows {
  constructor(title, columns, select) {
    Object.assign(this, { title, columns, select, most: pageful });
    this.caption = el('caption');
    this.body = el('tbody');
    this.more = el('button', { type: 'button', class: 'more', hidden: true, onclick: () => this.showMore() });
    const titles = columns.map((c) => el('th', { scope: 'col', class: c.number ? 'number' : null }, c.title));
    this.element = el('div', { class: 'rows' }, el('table', {}, this.caption, el('thead', {}, el('tr', {}, titles)), this.body), this.more);
  }

  show(resources, selected) {
    this.last = [resources, selected];
    setText(this.caption, `${this.title} (${count(resources.length)})`);
    keep(this.body, resources.slice(0, this.most), (r) => r.id, (r) => this.row(r), (row, r) => this.update(row, r, selected));
    this.element.hidden = resources.length === 0;
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

  update(row, r, selected) {
    row.classList.toggle('selected', r.id === selected);
    this.columns.forEach((c, i) => {
      const cell = row.children[i];
      setText(c.button || c.mark ? cell.lastChild : cell, c.of(r));
      if (c.mark) cell.title = r.message || c.of(r); // it may be cut
      if (c.button) cell.lastChild.setAttribute('aria-pressed', String(r.id === selected));
      if (c.mark && cell.dataset.health !== r.health) {
        cell.dataset.health = r.health;
        cell.className = classOf(r.health);
        cell.firstChild.replaceChildren(mark(r.health));
      }
    });
  }
}
