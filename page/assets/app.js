// The page: asks the manager every two seconds, and keeps graph, tables and
// panel to what it says and to what the reader chose to see.

import * as api from './api.js';
import { byId, el, setText } from './dom.js';
import { clock, count, duration, rate } from './format.js';
import { Graph } from './graph.js';
import { inSight, model, related, totals } from './model.js';
import { Panel } from './panel.js';
import * as say from './say.js';
import { Tables } from './table.js';
import * as address from './view.js';

const interval = 2000;
const slowest = 16_000; // between attempts while the manager cannot be reached
const staleAfter = 10_000;
const aboutInterval = 5000; // from an answer about the selected resource to the next question
const closedFrom = 150; // resources in sight from which namespaces begin closed

let view = address.read();
let all = null; // the model of the last picture
let clockOffset = 0; // of the manager's clock, to ours
let lastSuccess = 0;
let failures = 0;
const toggled = new Map(); // namespaces that the reader opened or closed

const main = byId('main');
const now = () => Date.now() + clockOffset;
const select = (id) => change({ selected: view.selected === id ? '' : id });
const graph = new Graph({ scroller: main, select, toggle });
const tables = new Tables(byId('table'), select);
const panel = new Panel(byId('panel'), { close: () => change({ selected: '' }, true), select: (id) => change({ selected: id }, true) });

// poll asks for the picture, for ever, and not while nobody sees the page.
async function poll() {
  if (!document.hidden) {
    try {
      take(await api.topology());
    } catch (failure) {
      refuse(failure);
    }
  }
  setTimeout(poll, Math.min(slowest, interval * 2 ** failures));
}

function take({ picture, time }) {
  clockOffset = time - Date.now();
  lastSuccess = Date.now();
  failures = 0;
  byId('problem').hidden = true;
  if (picture) {
    const next = model(picture);
    announce(all, next);
    const isFirst = !all;
    all = next;
    draw();
    if (isFirst) begin();
  } else {
    draw();
  }
  age();
}

// begin brings what the address selects into sight, and asks about it.
function begin() {
  shown().find(view.selected);
  ask();
}

// shown is the graph or the tables.
const shown = () => (view.view === 'graph' ? graph : tables);

// refuse says why there is no new picture. The words stay the same from one
// attempt to the next: a screen reader reads every change of them.
function refuse(failure) {
  failures++;
  const since = lastSuccess ? ` What you see is from ${clock(lastSuccess, Date.now())}.` : '';
  setText(byId('problem'), `${failure.message}${since} Trying again.`);
  byId('problem').hidden = false;
  if (!all) byId('loading').hidden = true;
  age();
}

// announce tells a screen reader whose health has changed.
function announce(before, after) {
  if (!before) return;
  const changed = [...after.resources.values()].filter((r) => before.resources.has(r.id) && before.resources.get(r.id).health !== r.health);
  if (!changed.length) return;
  const news = changed.slice(0, 3).map((r) => `${say.kind(r)} ${r.name} is now ${say.health(r)}.`);
  if (changed.length > 3) news.push(`${count(changed.length - 3)} more changed.`);
  setText(byId('news'), news.join(' '));
}

// change changes what the reader sees. moveFocus follows the selection.
function change(part, moveFocus = false) {
  const before = view;
  view = { ...view, ...part };
  address.write(view);
  if (view.selected !== before.selected) open(view.selected);
  draw();
  if (view.selected !== before.selected) selectionMoved(before.selected, moveFocus);
}

// selectionMoved brings what was selected, or was before, into sight.
function selectionMoved(before, moveFocus) {
  ask();
  const item = shown().find(view.selected || before);
  if (!moveFocus) return;
  if (view.selected) byId('panel').focus();
  else if (item && view.view === 'graph') graph.focus(item);
  else if (item) tables.focus(before);
  else main.focus();
}

function toggle(name) {
  toggled.set(name, !closed(name));
  draw();
}

// home is the namespace under whose heading a resource stands.
function home(id) {
  const resource = all?.resources.get(id);
  return (resource?.leadsTo ?? resource)?.namespace;
}

// open lets a resource be seen that was selected in a closed namespace.
function open(id) {
  if (toggled.get(home(id))) toggled.delete(home(id));
}

let closedByDefault = false;
const closed = (name) => toggled.get(name) ?? (closedByDefault && home(view.selected) !== name);

function draw() {
  if (!all) return;
  const began = performance.now();
  const namespaces = inSight(all, view);
  const resources = namespaces.flatMap((n) => n.resources);
  const selected = all.resources.get(view.selected);
  const lit = selected ? related(all, selected.id) : null;
  closedByDefault = resources.length > closedFrom && namespaces.length > 1;
  controls();
  sums(totals(resources));
  sections(resources.length);
  if (view.view === 'graph') graph.show(namespaces, closed, selected?.id, lit);
  else tables.show(namespaces, selected?.id);
  if (selected) panel.show(selected, all, now());
  else panel.hide();
  performance.measure('draw', { start: began });
}

function sections(inView) {
  byId('loading').hidden = true;
  byId('not-live').hidden = all.live;
  byId('empty').hidden = all.resources.size > 0;
  byId('nothing').hidden = inView > 0 || all.resources.size === 0;
  byId('graph').hidden = view.view !== 'graph' || inView === 0;
  byId('table').hidden = view.view !== 'table' || inView === 0;
}

// controls shows the view in the controls.
function controls() {
  const names = [...new Set([...all.resources.values()].map((r) => r.namespace).concat(view.namespace || []))].sort();
  const select = byId('namespace');
  if (names.join() !== select.dataset.names) {
    select.dataset.names = names.join();
    select.replaceChildren(el('option', { value: '' }, 'All'), ...names.map((name) => el('option', { value: name }, name)));
  }
  select.value = view.namespace;
  if (byId('name').value !== view.name) byId('name').value = view.name;
  byId('unhealthy').checked = view.unhealthy;
  for (const name of ['graph', 'table']) byId(`view-${name}`).setAttribute('aria-pressed', String(view.view === name));
}

function sums(sum) {
  const list = [['Servers', count(sum.servers)], ['Clients', count(sum.clients)], ['Sessions', `${count(sum.established)}/${count(sum.desired)}`],
    ['Messages', sum.rated ? `${rate(sum.sent + sum.received)}/s` : '–'], ['Not healthy', count(sum.unhealthy)]];
  const totalsList = byId('totals');
  if (!totalsList.children.length) totalsList.append(...list.map(([name]) => el('div', {}, el('dt', {}, name), el('dd'))));
  list.forEach(([, value], i) => setText(totalsList.children[i].lastChild, value));
  totalsList.lastChild.classList.toggle('trouble', sum.unhealthy > 0);
}

// age says how old the picture is.
function age() {
  if (!lastSuccess) return;
  const old = Date.now() - lastSuccess;
  const stale = old > staleAfter;
  document.body.classList.toggle('stale', stale);
  setText(byId('freshness-text'), stale ? `Stale: ${duration(old)} old` : 'Live');
}

let question = 0; // the newest about the selected resource, by number
let unanswered = 0; // questions since the last answer
let nextQuestion; // a timer

// ask asks about the selected resource, and again some time after the answer:
// so there is one question at a time, and none but the newest is shown its
// answer.
async function ask() {
  const number = ++question;
  clearTimeout(nextQuestion);
  if (!view.selected) return;
  const resource = all?.resources.get(view.selected);
  if (resource && !document.hidden) await about(resource, () => number === question);
  if (number === question) nextQuestion = setTimeout(ask, Math.min(slowest, aboutInterval * 2 ** unanswered));
}

// about asks about a resource, and shows the answers while they are wanted.
async function about(resource, isWanted) {
  let failed = false;
  const answers = (show) => [(answer) => isWanted() && show(answer, null, now()), (failure) => {
    failed = true;
    if (isWanted()) show(null, failure.message, now());
  }];
  await Promise.all([
    api.sessions(resource.key).then(...answers(panel.showSessions.bind(panel))),
    api.events(resource.key).then(...answers(panel.showEvents.bind(panel))),
  ]);
  if (isWanted()) unanswered = failed ? unanswered + 1 : 0;
}

function keys(event) {
  if (event.key === 'Escape' && view.selected) {
    change({ selected: '' }, true);
  } else if (event.key === 'Escape' && event.target === byId('name')) {
    change({ name: '' });
  } else if (event.key === '/' && !event.target.matches('input, select') && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    byId('name').focus();
  }
}

function listen() {
  byId('namespace').addEventListener('change', (event) => change({ namespace: event.target.value }));
  byId('name').addEventListener('input', (event) => change({ name: event.target.value }));
  byId('unhealthy').addEventListener('change', (event) => change({ unhealthy: event.target.checked }));
  byId('view-graph').addEventListener('click', () => change({ view: 'graph' }));
  byId('view-table').addEventListener('click', () => change({ view: 'table' }));
  byId('clear').addEventListener('click', () => change({ namespace: '', name: '', unhealthy: false }));
  byId('skip').addEventListener('click', (event) => {
    event.preventDefault();
    main.focus();
  });
  document.addEventListener('keydown', keys);
  addEventListener('popstate', () => {
    view = address.read();
    open(view.selected);
    draw();
    ask();
  });
  setInterval(age, 1000);
}

listen();
poll();
