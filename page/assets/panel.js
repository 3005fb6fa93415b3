// Draws the panel beside the graph: everything about the one resource that is
// selected.

import { el, setText } from './dom.js';
import { clock, count, counted, duration, latency, rate, words } from './format.js';
import { classOf, mark } from './health.js';
import * as say from './say.js';
import { lasted, sentence, timeline } from './timeline.js';

const mostClients = 50;
const mostOutages = 20;

// Panel draws into the aside of index.html.
export class Panel {
  constructor(element, { close, select }) {
    Object.assign(this, { element, select, resource: null });
    this.badge = el('span', { class: 'badge' });
    this.title = el('h2', { id: 'panel-title' });
    this.where = el('p', { class: 'where' });
    this.message = el('p', { class: 'message' });
    this.sections = Object.fromEntries(['summary', 'related', 'outages', 'pods', 'events'].map((name) => [name, el('section', { class: name })]));
    element.append(
      el('header', {}, this.badge, el('div', {}, this.title, this.where),
        el('button', { type: 'button', class: 'close', onclick: close, 'aria-label': 'Close (Escape)', title: 'Close (Escape)' }, '×')),
      this.message, ...Object.values(this.sections));
  }

  // show draws a resource; a new one begins at the top and still loads.
  show(resource, all, now) {
    const isNew = this.resource?.id !== resource.id;
    this.resource = resource;
    this.element.hidden = false;
    this.element.className = `panel ${classOf(resource.health)}`;
    if (this.badge.dataset.health !== resource.health) {
      this.badge.dataset.health = resource.health;
      this.badge.replaceChildren(mark(resource.health));
    }
    setText(this.title, resource.name);
    setText(this.where, `${say.kind(resource)} in ${resource.namespace} · ${say.health(resource)}`);
    setText(this.message, resource.message ?? '');
    this.redraw('summary', facts(resource), summary);
    this.redraw('related', relatedTo(resource, all), (list) => related(list, this.select));
    const outages = outagesOf(resource, all);
    this.redraw('outages', [outages, outages.some((o) => !o.endTime) ? now : Math.floor(now / 30_000)], () => outageList(resource, outages, now));
    if (isNew) {
      this.element.scrollTop = 0;
      this.redraw('pods', 'loading', () => loading('Pods and sessions'));
      this.redraw('events', 'loading', () => loading('Events'));
    }
  }

  // showSessions and showEvents take answers, or why there are none.
  showSessions(answer, problem, now) {
    this.redraw('pods', [answer, problem], () => (problem ? failed('Pods and sessions', problem) : pods(answer, now)));
  }

  showEvents(answer, problem, now) {
    this.redraw('events', [answer, problem], () => (problem ? failed('Events', problem) : events(answer, now)));
  }

  hide() {
    this.resource = null;
    this.element.hidden = true;
  }

  // redraw draws a section if what it shows has changed.
  redraw(name, data, draw) {
    const section = this.sections[name];
    const print = JSON.stringify(data);
    if (section.print === print) return;
    section.print = print;
    section.replaceChildren(...[draw(data)].flat());
  }
}

const heading = (title) => el('h3', {}, title);
const loading = (title) => [heading(title), el('p', { class: 'quiet' }, 'Loading')];
const failed = (title, why) => [heading(title), el('p', { class: 'quiet' }, why)];

// facts are names and values of the summary.
function facts(r) {
  const messages = `${count(r.messages.sent)} sent, ${count(r.messages.received)} received${r.messages.exceptions ? `, ${count(r.messages.exceptions)} exceptions` : ''}`;
  const perSecond = r.rate ? `${rate(r.rate.sentPerSecond)} sent, ${rate(r.rate.receivedPerSecond)} received` : null;
  const own = r.kind === 'TcpServer'
    ? [['Address', r.address], ['Sessions', `${count(r.sessions.open)} open, ${count(r.sessions.accepted)} accepted, ${count(r.sessions.rejected)} rejected`]]
    : [['Target', r.target], ['Sessions', say.sessions(r).replace(' sessions', '')], ['Since start', `${count(r.sessions.opened)} opened, ${count(r.sessions.lost)} lost`]];
  const trip = r.roundTrip ? `p50 ${latency(r.roundTrip.p50Microseconds)}, p99 ${latency(r.roundTrip.p99Microseconds)}` : null;
  return [...own, ['Messages', messages], ['Per second', perSecond], ['Round trip', trip], ['Pods ready', `${r.readyPods} of ${r.pods}`]].filter(([, value]) => value);
}

const summary = (list) => el('dl', {}, list.map(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]));

function relatedTo(r, all) {
  const others = r.kind === 'TcpServer' ? all.groups.get(r.id).clients : [r.leadsTo];
  return others.slice(0, mostClients).map((o) => [o.id, o.name, o.namespace, o.health ?? null, o.kind === 'TcpClient' ? say.sessions(o) : say.state(o)])
    .concat(others.length > mostClients ? [[null, `and ${count(others.length - mostClients)} more`, '', null, '']] : []);
}

function related(list, select) {
  if (!list.length) return [heading('Clients'), el('p', { class: 'quiet' }, 'No client leads here.')];
  return [heading(list[0][0]?.startsWith('TcpClient/') ? 'Clients' : 'Leads to'), el('ul', { class: 'list' }, list.map(([id, name, namespace, health, text]) => el('li', {},
    id ? mark(health ?? undefined) : null,
    health ? el('button', { type: 'button', class: 'link', onclick: () => select(id), title: `${namespace}/${name}` }, name) : el('span', {}, name),
    el('span', { class: 'quiet' }, text))))];
}

// outagesOf are those of a client, or of all clients of a server.
function outagesOf(r, all) {
  if (r.kind === 'TcpClient') return r.outages;
  return all.groups.get(r.id).clients.flatMap((c) => c.outages.map((o) => ({ ...o, client: c.name })))
    .sort((a, b) => Date.parse(b.startTime) - Date.parse(a.startTime)).slice(0, mostOutages);
}

function outageList(r, outages, now) {
  const title = heading(r.kind === 'TcpServer' ? 'Outages of its clients' : 'Outages');
  if (!outages.length) return [title, el('p', { class: 'quiet' }, 'None is known.')];
  return [title, timeline(outages, now), el('ol', { class: 'list' }, outages.map((o) => el('li', { class: o.endTime ? 'outage' : 'outage open' },
    el('time', { datetime: o.startTime }, clock(Date.parse(o.startTime), now)),
    el('span', {}, el('strong', {}, o.endTime ? lasted(o, now) : `open for ${lasted(o, now)}`), ` ${sentence(o, now).split(': ')[0]}`,
      el('span', { class: 'quiet' }, details(o))))))];
}

const details = (o) => [o.client, o.phase && `phase ${words(o.phase)}`, o.sessionAgeSeconds ? `session was ${duration(o.sessionAgeSeconds * 1000)} old` : null,
  o.attempts ? counted(o.attempts, 'attempt') : null, o.remoteAddress].filter(Boolean).join(' · ');

function pods(answer, now) {
  const list = answer.pods.map((pod) => el('details', { open: answer.pods.length <= 3 },
    el('summary', {}, mark(pod.ready ? 'Healthy' : 'Progressing'), el('span', { class: 'name' }, pod.name),
      el('span', { class: 'quiet' }, [pod.ready ? 'ready' : 'not ready', pod.node, pod.problem || counted(pod.total, 'session')].filter(Boolean).join(' · '))),
    pod.sessions.length ? sessionTable(pod, now) : null,
    pod.total > pod.sessions.length ? el('p', { class: 'quiet' }, `The oldest ${count(pod.sessions.length)} of ${count(pod.total)}.`) : null));
  const more = answer.morePods ? el('p', { class: 'quiet' }, `${counted(answer.morePods, 'more pod')} not asked.`) : null;
  return [heading('Pods and sessions'), ...(list.length ? list : [el('p', { class: 'quiet' }, 'There are no pods.')]), ...(more ? [more] : [])];
}

function sessionTable(pod, now) {
  const titles = ['Local', 'Remote', 'Age', 'Received', 'Sent', 'RTT', 'Resent'];
  return el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': `Sessions of ${pod.name}` }, el('table', {},
    el('thead', {}, el('tr', {}, titles.map((t) => el('th', { scope: 'col' }, t)))),
    el('tbody', {}, pod.sessions.map((s) => el('tr', { title: `${s.id}: ${words(s.state)}` },
      [s.localAddress, s.remoteAddress, duration(now - Date.parse(s.startTime)), count(s.messages.received), count(s.messages.sent),
        s.tcp ? latency(s.tcp.roundTripMicroseconds) : '', s.tcp ? count(s.tcp.retransmittedSegments) : ''].map((text) => el('td', {}, text)))))));
}

function events(answer, now) {
  if (answer.problem) return failed('Events', answer.problem);
  if (!answer.events.length) return failed('Events', 'None in the last hour or so: a cluster keeps events for a short time.');
  return [heading('Events'), el('ol', { class: 'list' }, answer.events.map((e) => el('li', { class: e.type === 'Warning' ? 'warning' : null },
    el('time', { datetime: e.time }, clock(Date.parse(e.time), now)),
    el('span', {}, el('strong', {}, words(e.reason)), e.count > 1 ? ` ×${count(e.count)}` : '', e.type === 'Warning' ? ' (warning)' : '', el('span', { class: 'quiet' }, e.note)))))];
}
