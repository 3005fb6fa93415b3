// What the page says of a resource, in the graph, in the tables, in the panel
// and to screen readers: one wording for all.

import { count, counted, latency, rate, words } from './format.js';

const kinds = { TcpServer: 'Server', TcpClient: 'Client' };

// kind is a kind in one word.
export const kind = (resource) => kinds[resource.kind];

// sessions of a client, or of a server.
export function sessions(r) {
  if (r.kind === 'TcpServer') return `${counted(r.sessions.open, 'session')} open`;
  if (r.blocked) return r.sessions.established ? `${counted(r.sessions.established, 'session')}, none expected` : 'blocked, as expected';
  return `${count(r.sessions.established)}/${count(r.sessions.desired)} sessions`;
}

// blockedWell tells whether a path that is to be blocked is.
export const blockedWell = (r) => r.blocked && !r.sessions.established && r.health === 'Healthy';

// rates of messages, from the resource and to it.
export const rates = (r) => (r.rate ? `→ ${rate(r.rate.sentPerSecond)}/s  ← ${rate(r.rate.receivedPerSecond)}/s` : '');

// roundTrip of a client's messages.
export const roundTrip = (r) => (r.roundTrip ? `p50 ${latency(r.roundTrip.p50Microseconds)}  p99 ${latency(r.roundTrip.p99Microseconds)}` : '');

// pods that are ready, and how many answered where not all did.
export const pods = (r) => [`${count(r.readyPods)}/${count(r.pods)} pods`, isPartial(r) ? `${count(r.answered.pods)} answered` : ''].filter(Boolean).join(', ');

// isPartial tells of numbers that are sums of some pods and not of others.
export const isPartial = (r) => Boolean(r.answered?.pods) && r.answered.pods < r.answered.of;

// answered says whose numbers a resource has, where they are not all pods'.
export const answered = (r) => (isPartial(r) ? `${count(r.answered.pods)} of ${counted(r.answered.of, 'pod')}: numbers are theirs alone` : null);

// state is the second line of a resource: what is wrong with it, or its size.
export function state(r) {
  if (r.kind === 'Missing') return 'Server does not exist';
  if (r.kind === 'Address') return 'Not of this operator';
  if (r.health !== 'Healthy') return words(r.reason) || r.health;
  return r.kind === 'TcpServer' ? `${sessions(r)}, ${pods(r)}` : pods(r);
}

// health is a health in words, with its reason where that tells more.
export const health = (r) => (r.health === 'Healthy' || !r.reason ? r.health : `${r.health}: ${words(r.reason)}`);

// aloud is everything at once, for a screen reader.
export function aloud(r) {
  const parts = [`${kind(r)} ${r.name} in ${r.namespace}`, health(r), sessions(r)];
  if (r.kind === 'TcpClient') parts.push(`leads to ${r.leadsTo.name}`);
  if (r.rate) parts.push(`${rate(r.rate.sentPerSecond)} messages per second sent, ${rate(r.rate.receivedPerSecond)} received`);
  if (r.roundTrip) parts.push(`round trip median ${latency(r.roundTrip.p50Microseconds)}, 99th percentile ${latency(r.roundTrip.p99Microseconds)}`);
  parts.push(`${count(r.readyPods)}/${count(r.pods)} pods ready`);
  if (isPartial(r)) parts.push(`numbers of ${answered(r).split(':')[0]}`);
  return parts.join(', ');
}
