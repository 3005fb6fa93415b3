// Draws the panel beside the graph: everything about the one resource that is
// selected. It is changed in place, so that the focus, the scrolled place, and
// what is opened or marked stay.

import { el, keep, setText } from './dom.js';
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
    this.sections = Object.fromEntries(['summary', 'related', 'outages', 'pods', 'events'].map((name) => [name, new Section(name)]));
    element.append(
      el('header', {}, this.badge, el('div', {}, this.title, this.where),
        el('button', { type: 'button', class: 'close', onclick: close, 'aria-label': 'Close (Escape)', title: 'Close (Escape)' }, '×')),
      this.message, ...Object.values(this.sections).map((section) => section.element));
  }

  // show draws a resource; a new one begins at the top and still loads.
  show(resource, all, now) {
    const isNew = this.resource?.id !== resource.id;
    this.resource = resource;
    this.element.hidden = false;
    this.element.className = `panel ${classOf(resource.health)}`;
    remark(this.badge, resource.health);
    setText(this.title, resource.name);
    setText(this.where, `${say.kind(resource)} in ${resource.namespace} · ${say.health(resource)}`);
    setText(this.message, resource.message ?? '');
    if (isNew) this.begin();
    const { summary, related, outages } = this.sections;
    keep(summary.body, facts(resource), ([name]) => name, ([name]) => el('div', {}, el('dt', {}, name), el('dd')), (row, [, value]) => setText(row.lastChild, value));
    this.relate(related, resource, all);
    showOutages(outages, resource, outagesOf(resource, all), now);
  }

  begin() {
    this.element.scrollTop = 0;
    for (const section of Object.values(this.sections)) section.empty();
    this.sections.pods.say('Pods and sessions', 'Loading');
    this.sections.events.say('Events', 'Loading');
  }

  // relate shows where a client leads, or the clients of a server.
  relate(section, resource, all) {
    const isServer = resource.kind === 'TcpServer';
    const others = isServer ? all.groups.get(resource.id).clients : [resource.leadsTo];
    const more = others.length - mostClients;
    section.say(isServer ? 'Clients' : 'Leads to', others.length ? (more > 0 ? `and ${count(more)} more` : '') : 'No client leads here.');
    keep(section.body, others.slice(0, mostClients), (o) => o.id, (o) => this.other(o), (row, o) => {
      remark(row.firstChild, o.health ?? 'None');
      setText(row.lastChild, o.kind === 'TcpClient' ? say.sessions(o) : say.state(o));
    });
  }

  other(o) {
    const name = o.health
      ? el('button', { type: 'button', class: 'link', onclick: () => this.select(o.id), title: `${o.namespace}/${o.name}` }, o.name)
      : el('span', {}, o.name);
    return el('li', {}, el('span', { class: 'badge' }), name, el('span', { class: 'quiet' }));
  }

  // showSessions and showEvents take answers, or why there are none. What a
  // reader sees stays while there is no newer answer.
  showSessions(answer, problem) {
    const section = this.sections.pods;
    const more = answer?.morePods ? `${counted(answer.morePods, 'more pod')} not asked.` : '';
    section.say('Pods and sessions', problem ?? (answer.pods.length ? more : 'There are no pods.'));
    if (problem) return;
    keep(section.body, answer.pods, (pod) => pod.name, (pod) => newPod(pod, answer.pods.length <= 3), updatePod);
  }

  showEvents(answer, problem, now) {
    const section = this.sections.events;
    const why = problem ?? answer.problem;
    section.say('Events', why ?? (answer.events.length ? '' : 'None in the last hour or so: a cluster keeps events for a short time.'));
    if (why) return;
    keep(section.body, answer.events, (e) => `${e.reason} ${e.note} ${e.type}`, newEntry, (row, e) => updateEvent(row, e, now));
  }

  hide() {
    this.resource = null;
    this.element.hidden = true;
  }
}

const bodies = { summary: 'dl', related: 'ul', outages: 'ol', pods: 'div', events: 'ol' };

// Section is a part of the panel: a title, what belongs to all entries, the
// entries, and a word about them or about why there are none.
class Section {
  constructor(name) {
    this.title = el('h3', { hidden: true });
    this.before = el('div');
    this.body = el(bodies[name], { class: name === 'pods' || name === 'summary' ? null : 'list' });
    this.note = el('p', { class: 'quiet', hidden: true });
    this.element = el('section', { class: name }, this.title, this.before, this.body, this.note);
  }

  say(title, note) {
    setText(this.title, title);
    setText(this.note, note);
    this.title.hidden = !title;
    this.note.hidden = !note;
  }

  empty() {
    keep(this.body, []);
    this.before.replaceChildren();
  }
}

// remark shows a health where another one was shown.
function remark(badge, health) {
  if (badge.dataset.health === health) return;
  badge.dataset.health = health;
  badge.replaceChildren(mark(health));
}

// facts are names and values of the summary.
function facts(r) {
  const messages = `${count(r.messages.sent)} sent, ${count(r.messages.received)} received${r.messages.exceptions ? `, ${count(r.messages.exceptions)} exceptions` : ''}`;
  const perSecond = r.rate ? `${rate(r.rate.sentPerSecond)} sent, ${rate(r.rate.receivedPerSecond)} received` : null;
  const own = r.kind === 'TcpServer'
    ? [['Address', r.address], ['Sessions', `${count(r.sessions.open)} open, ${count(r.sessions.accepted)} accepted, ${count(r.sessions.rejected)} rejected`]]
    : [['Target', r.target], ['Sessions', say.sessions(r).replace(' sessions', '')], ['Since start', `${count(r.sessions.opened)} opened, ${count(r.sessions.lost)} lost`]];
  const trip = r.roundTrip ? `p50 ${latency(r.roundTrip.p50Microseconds)}, p99 ${latency(r.roundTrip.p99Microseconds)}` : null;
  return [...own, ['Messages', messages], ['Per second', perSecond], ['Round trip', trip], ['Pods ready', `${r.readyPods} of ${r.pods}`], ['Answered', say.answered(r)]].filter(([, value]) => value);
}

// outagesOf are those of a client, or of all clients of a server.
function outagesOf(r, all) {
  if (r.kind === 'TcpClient') return r.outages;
  return all.groups.get(r.id).clients.flatMap((c) => c.outages.map((o) => ({ ...o, client: c.name })))
    .sort((a, b) => Date.parse(b.startTime) - Date.parse(a.startTime)).slice(0, mostOutages);
}

function showOutages(section, r, outages, now) {
  section.say(r.kind === 'TcpServer' ? 'Outages of its clients' : 'Outages', outages.length ? '' : 'None is known.');
  section.before.replaceChildren(...(outages.length ? [timeline(outages, now)] : []));
  keep(section.body, outages, (o) => [o.client, o.pod, o.startTime, o.localAddress, o.remoteAddress].join(' '), newEntry, (row, o) => {
    row.className = o.endTime ? 'outage' : 'outage open';
    setTime(row, o.startTime, now);
    const [what, why, how] = row.lastChild.children;
    setText(what, o.endTime ? lasted(o, now) : `open for ${lasted(o, now)}`);
    setText(why, sentence(o, now).split(': ')[0]);
    setText(how, details(o));
  });
}

// newEntry is one of a list of what happened: when, what, and more.
const newEntry = () => el('li', {}, el('time'), el('span', {}, el('strong'), ' ', el('span'), el('span', { class: 'quiet' })));

function setTime(row, time, now) {
  row.firstChild.setAttribute('datetime', time);
  setText(row.firstChild, clock(Date.parse(time), now));
}

const details = (o) => [o.client, o.phase && `phase ${words(o.phase)}`, o.sessionAgeSeconds ? `session was ${duration(o.sessionAgeSeconds * 1000)} old` : null,
  o.attempts ? counted(o.attempts, 'attempt') : null, o.remoteAddress].filter(Boolean).join(' · ');

function updateEvent(row, e, now) {
  row.className = e.type === 'Warning' ? 'warning' : '';
  setTime(row, e.time, now);
  const [what, more, note] = row.lastChild.children;
  setText(what, words(e.reason));
  setText(more, [e.count > 1 ? `×${count(e.count)}` : '', e.type === 'Warning' ? '(warning)' : ''].filter(Boolean).join(' '));
  setText(note, e.note);
}

const sessionTitles = ['Age', 'Received', 'Sent', 'RTT', 'Resent'];

function newPod(pod, open) {
  return el('details', { open },
    el('summary', {}, el('span', { class: 'badge' }), el('span', { class: 'name' }, pod.name), el('span', { class: 'quiet' })),
    el('table', { 'aria-label': `Sessions of ${pod.name}` }, el('thead', {}, el('tr', {}, sessionTitles.map((t) => el('th', { scope: 'col' }, t))))),
    el('p', { class: 'quiet' }));
}

function updatePod(element, pod) {
  const [summary, table, note] = element.children;
  remark(summary.firstChild, pod.ready ? 'Healthy' : 'Progressing');
  setText(summary.lastChild, [pod.ready ? 'ready' : 'not ready', pod.node, pod.problem || counted(pod.total, 'session')].filter(Boolean).join(' · '));
  const left = pod.total - pod.sessions.length;
  setText(note, left > 0 && pod.sessions.length ? `The oldest ${count(pod.sessions.length)} of ${count(pod.total)}.` : pod.sessions.length ? '' : pod.problem || 'No session is open.');
  note.hidden = !note.textContent;
  table.hidden = pod.sessions.length === 0;
  keep(table, pod.sessions, (s) => s.id, newSession, updateSession, table.tHead);
}

// newSession has a line for the addresses, which can be long, and one for the
// numbers.
const newSession = () => el('tbody', {}, el('tr', {}, el('th', { scope: 'rowgroup', colspan: sessionTitles.length })), el('tr', {}, sessionTitles.map(() => el('td'))));

function updateSession(body, s) {
  setText(body.firstChild.firstChild, `${s.localAddress} → ${s.remoteAddress}${s.state === 'Open' ? '' : ` · ${words(s.state)}`}`);
  body.title = s.id;
  const values = [duration(s.ageMilliseconds), count(s.messages.received), count(s.messages.sent),
    s.tcp ? latency(s.tcp.roundTripMicroseconds) : '–', s.tcp ? count(s.tcp.retransmittedSegments) : '–'];
  values.forEach((text, i) => setText(body.lastChild.children[i], text));
}
