// Draws outages on a line of time that ends now.

import { svg } from './dom.js';
import { clock, duration, words } from './format.js';

const minute = 60_000;
const spans = [5, 15, 60, 6 * 60, 24 * 60, 7 * 24 * 60, 30 * 24 * 60, 365 * 24 * 60].map((n) => n * minute);
const width = 400;
const laneHeight = 12;
const mostLanes = 8;

// timeline draws outages, newest first, as of now.
export function timeline(outages, now) {
  const oldest = Math.min(now, ...outages.map((o) => Date.parse(o.startTime)));
  const span = spans.find((s) => s >= (now - oldest) * 1.05) ?? now - oldest;
  const x = (time) => Math.max(0, width * (1 - (now - time) / span));
  const bars = lanes(outages, now, x);
  const height = laneHeight * Math.max(1, ...bars.map((b) => b.lane + 1)) + 8;
  return svg('svg', { class: 'timeline', viewBox: `0 0 ${width} ${height + 18}`, role: 'img', 'aria-label': summary(outages, span) },
    svg('path', { class: 'axis', d: `M0 ${height}H${width}M${width} 0V${height}` }),
    [0, 0.25, 0.5, 0.75].map((part) => tick(part, now - span * (1 - part), now, height)),
    svg('text', { class: 'tick', x: width, y: height + 14, 'text-anchor': 'end' }, 'now'),
    bars.map(bar));
}

function tick(part, time, now, height) {
  const x = width * part;
  return svg('g', {}, svg('path', { class: 'axis', d: `M${x} ${height - 3}v6` }),
    svg('text', { class: 'tick', x: x + (part ? 0 : 1), y: height + 14, 'text-anchor': part ? 'middle' : 'start' }, clock(time, now).replace(/:\d\d$/, (s) => (now - time > 10 * minute ? '' : s))));
}

// lanes puts outages that overlap one above the other.
function lanes(outages, now, x) {
  const free = []; // where each lane is free, from the left
  return outages.toReversed().map((outage) => {
    const from = x(Date.parse(outage.startTime));
    const to = Math.max(from + 4, outage.endTime ? x(Date.parse(outage.endTime)) : width);
    let lane = free.findIndex((end) => end <= from);
    if (lane < 0) lane = Math.min(free.length, mostLanes - 1);
    free[lane] = to + 1;
    return { outage, lane, from: Math.min(from, width - 4), to: Math.min(to, width), open: !outage.endTime, now };
  });
}

function bar({ outage, lane, from, to, open, now }) {
  const y = 4 + lane * laneHeight;
  return svg('g', { class: open ? 'outage open' : 'outage' }, svg('title', {}, sentence(outage, now)),
    svg('rect', { x: from, y, width: to - from, height: laneHeight - 4, rx: 2 }),
    open ? svg('path', { class: 'goes-on', d: `M${width - 6} ${y}l6 4-6 4z` }) : null);
}

// lasted is how long an outage was, or has been.
export const lasted = (o, now) => duration(o.endTime ? o.durationMilliseconds ?? Date.parse(o.endTime) - Date.parse(o.startTime) : now - Date.parse(o.startTime));

// sentence describes an outage.
export function sentence(o, now) {
  // A reason such as PeerReset says it itself.
  const who = o.closedBy && !o.reason?.startsWith(o.closedBy) ? `, closed by ${{ Local: 'this side', Peer: 'the peer', Network: 'the network' }[o.closedBy] ?? o.closedBy}` : '';
  return `${words(o.reason)}${who}: ${o.endTime ? lasted(o, now) : `for ${lasted(o, now)}, and still`}`;
}

function summary(outages, span) {
  const open = outages.filter((o) => !o.endTime).length;
  return `${outages.length} outages in ${duration(span)}, ${open ? `${open} of them last still` : 'all of them over'}`;
}
