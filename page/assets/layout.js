// Where everything is in the graph. Clients stand on the left in rows, what
// they lead to on the right, beside the middle of its clients: so no two edges
// cross. Nothing here touches the document.

export const rowHeight = 66;
export const nodeHeight = 50;
export const headingHeight = 46;
const groupGap = 14;

// layout places what is in sight. closed tells of a namespace whether only its
// heading is to be seen.
export function layout(namespaces, closed) {
  const items = [];
  let y = 0;
  for (const namespace of namespaces) {
    const isClosed = closed(namespace.name);
    items.push({ type: 'heading', id: `Namespace//${namespace.name}`, top: y, bottom: y + headingHeight, namespace, closed: isClosed });
    y += headingHeight;
    if (isClosed) continue;
    for (const group of namespace.groups) y = place(items, group, y) + groupGap;
  }
  return { items, height: y };
}

// place adds a group and returns where it ends.
function place(items, group, top) {
  const bottom = top + rowHeight * Math.max(1, group.clients.length);
  group.clients.forEach((resource, i) => {
    const y = top + i * rowHeight;
    items.push({ type: 'client', id: resource.id, top: y, bottom: y + rowHeight, resource, group });
  });
  items.push({ type: 'target', id: group.target.id, top, bottom, resource: group.target, group });
  return bottom;
}

// middle is where the middle of an item is drawn. A target stays in sight as
// long as one of its clients is.
export function middle(item, view) {
  const centre = (item.top + item.bottom) / 2;
  if (item.type !== 'target') return centre;
  const first = item.top + rowHeight / 2;
  const last = item.bottom - rowHeight / 2;
  const seen = (Math.max(item.top, view.top) + Math.min(item.bottom, view.bottom)) / 2;
  return item.bottom - item.top <= view.bottom - view.top ? centre : Math.min(last, Math.max(first, seen));
}

// next is where a key leads from an item; the item itself where it leads
// nowhere.
export function next(items, from, key) {
  switch (key) {
    case 'ArrowRight': return items.find((i) => i.type === 'target' && i.group === from.group && isOurs(i)) ?? from;
    case 'ArrowLeft': return from.type === 'target' ? middleClient(items, from) : from;
    case 'Home': return stops(items, from)[0];
    case 'End': return stops(items, from).at(-1);
  }
  const all = stops(items, from);
  return all[all.indexOf(from) + (key === 'ArrowDown' ? 1 : -1)] ?? from;
}

const isOurs = (item) => item.type === 'heading' || item.resource.health !== undefined;

// stops are the items of a column from top to bottom, with the headings, and
// with servers that have no client to stop at.
function stops(items, from) {
  const column = from.type === 'target' ? 'target' : 'client';
  return items.filter((i) => isOurs(i) && (i === from || i.type === 'heading' || i.type === column || (i.type === 'target' && !i.group.clients.length)));
}

function middleClient(items, target) {
  const clients = items.filter((i) => i.type === 'client' && i.group === target.group);
  return clients[Math.floor((clients.length - 1) / 2)] ?? target;
}
