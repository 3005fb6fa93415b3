// Numbers and times as people read them.

const whole = new Intl.NumberFormat('en');

// count writes a whole number.
export const count = (n) => whole.format(n ?? 0);

// counted writes a number with its noun.
export const counted = (n, noun) => `${count(n)} ${noun}${n === 1 ? '' : 's'}`;

// rate writes messages per second.
export function rate(perSecond) {
  if (perSecond === 0) return '0';
  if (perSecond < 0.05) return '<0.1';
  return perSecond < 9.95 ? perSecond.toFixed(1) : count(Math.round(perSecond));
}

// latency writes microseconds in the unit that fits.
export function latency(microseconds) {
  if (microseconds < 1000) return `${microseconds} µs`;
  if (microseconds < 1e6) return `${significant(microseconds / 1000)} ms`;
  return `${significant(microseconds / 1e6)} s`;
}

const significant = (n) => (n < 10 ? n.toFixed(2) : n < 100 ? n.toFixed(1) : count(Math.round(n)));

// duration writes milliseconds with at most two units.
export function duration(milliseconds) {
  if (milliseconds < 1000) return `${Math.max(0, Math.round(milliseconds))} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const units = [['d', 86400], ['h', 3600], ['min', 60], ['s', 1]];
  const from = units.findIndex(([, size]) => Math.round(seconds) >= size);
  let rest = Math.round(seconds);
  const parts = [];
  for (const [unit, size] of units.slice(from, from + 2)) {
    const n = Math.floor(rest / size);
    rest -= n * size;
    if (n > 0) parts.push(`${n} ${unit}`);
  }
  return parts.join(' ');
}

const clockFormat = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const dayFormat = new Intl.DateTimeFormat('en-GB', { day: '2-digit', month: 'short', hour: '2-digit', minute: '2-digit' });

// clock writes a time of day, with its day if that is long ago.
export function clock(time, now) {
  return now - time < 20 * 3600 * 1000 ? clockFormat.format(time) : dayFormat.format(time);
}

// words splits a reason such as PeerReset.
export const words = (reason) => (reason ?? '').replace(/([a-z])([A-Z])/g, (_, a, b) => `${a} ${b.toLowerCase()}`);
