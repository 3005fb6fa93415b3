// Health is told by a shape and a word, and by colour only beside them.

import { svg } from './dom.js';

const shapes = {
  Healthy: [['circle', { cx: 8, cy: 8, r: 7 }], ['path', { class: 'sign', d: 'M4.8 8.3l2.2 2.2 4.3-4.7' }]],
  Progressing: [['path', { d: 'M8 .9L15.4 14H.6z' }], ['path', { class: 'sign', d: 'M8 5.6v4M8 11.4v.6' }]],
  Failed: [['rect', { x: 1, y: 1, width: 14, height: 14, rx: 3 }], ['path', { class: 'sign', d: 'M5 5l6 6M11 5l-6 6' }]],
  Terminating: [['circle', { cx: 8, cy: 8, r: 7 }], ['path', { class: 'sign', d: 'M4.7 8h6.6' }]],
  None: [['path', { class: 'outline', d: 'M8 1.5L14.5 8 8 14.5 1.5 8z' }]],
};

// mark draws the shape of a health; undefined is something that is none of
// ours.
export function mark(health) {
  const shape = shapes[health] ?? shapes.None;
  return svg('svg', { class: `mark ${classOf(health)}`, viewBox: '0 0 16 16', width: 16, height: 16, 'aria-hidden': 'true' },
    shape.map(([tag, attributes]) => svg(tag, attributes)));
}

// classOf is what a style sheet knows a health by.
export const classOf = (health) => `is-${(health ?? 'none').toLowerCase()}`;
