// The picture as the page works with it: resources with ids, who belongs to
// whom, and what is in sight. Nothing here touches the document.

// idOf names a resource, or a target that is none of ours.
export const idOf = (key) => `${key.kind}/${key.namespace}/${key.name}`;

// model prepares a picture.
export function model(picture) {
  const resources = new Map();
  for (const server of picture.servers) add(resources, 'TcpServer', server);
  for (const client of picture.clients) add(resources, 'TcpClient', client);
  const groups = new Map(); // of clients, by where they lead
  for (const resource of resources.values()) {
    if (resource.kind === 'TcpServer') groups.set(resource.id, { target: resource, clients: [] });
  }
  for (const client of resources.values()) {
    if (client.kind !== 'TcpClient') continue;
    const target = targetOf(client, resources);
    if (!groups.has(target.id)) groups.set(target.id, { target, clients: [] });
    groups.get(target.id).clients.push(client);
    client.leadsTo = target;
  }
  return { resources, groups, live: picture.live };
}

function add(resources, kind, resource) {
  const key = { kind, namespace: resource.namespace, name: resource.name };
  resources.set(idOf(key), { ...resource, kind, key, id: idOf(key) });
}

// targetOf is the server of a client, or what stands in its place.
function targetOf(client, resources) {
  if (client.server) {
    const id = idOf(client.server);
    return resources.get(id) ?? { id, kind: 'Missing', namespace: client.server.namespace, name: client.server.name };
  }
  const address = client.target || 'not known yet';
  return { id: `Address/${client.namespace}/${address}`, kind: 'Address', namespace: client.namespace, name: address };
}

// The healths from the worst to the best, which is the order of the graph.
const order = ['Failed', 'Progressing', 'Terminating', 'Healthy'];
const byHealth = (a, b) => order.indexOf(a.health) - order.indexOf(b.health) || byName(a, b);

// byName orders resources by namespace and name.
export const byName = (a, b) => compare(a.namespace, b.namespace) || compare(a.name, b.name);
const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

// inSight returns the groups that a view lets pass, by namespace. A client in
// sight brings its server, and a server its clients.
export function inSight(all, view) {
  const fits = (r) => (!view.namespace || r.namespace === view.namespace) &&
    r.name.toLowerCase().includes(view.name.toLowerCase()) && (!view.unhealthy || (r.health ?? 'Healthy') !== 'Healthy');
  const namespaces = new Map();
  for (const group of all.groups.values()) {
    const named = group.clients.filter(fits);
    const whole = fits(group.target) && group.target.health !== undefined && !view.unhealthy;
    if (!named.length && !fits(group.target)) continue;
    const clients = (whole ? group.clients : named).toSorted(byHealth);
    if (!clients.length && group.target.health === undefined) continue;
    const namespace = group.target.namespace;
    if (!namespaces.has(namespace)) namespaces.set(namespace, { name: namespace, groups: [] });
    namespaces.get(namespace).groups.push({ target: group.target, clients });
  }
  const sorted = [...namespaces.values()].sort((a, b) => compare(a.name, b.name));
  for (const namespace of sorted) {
    namespace.groups.sort((a, b) => worst(a) - worst(b) || compare(a.target.name, b.target.name));
    namespace.resources = namespace.groups.flatMap((g) => (g.target.health === undefined ? g.clients : [g.target, ...g.clients]));
  }
  return sorted;
}

// worst is the health of a group: that of whatever is worst in it.
const worst = (group) => Math.min(...[group.target, ...group.clients].map((r) => (r.health === undefined ? 1 : order.indexOf(r.health))));

// related are the resources that stay lit when one is selected.
export function related(all, id) {
  const resource = all.resources.get(id);
  if (!resource) return null;
  if (resource.kind === 'TcpClient') return new Set([id, resource.leadsTo.id]);
  return new Set([id, ...all.groups.get(id).clients.map((c) => c.id)]);
}

// worstHealth is the worst of resources' healths.
export const worstHealth = (resources) => order[Math.min(...resources.map((r) => order.indexOf(r.health)))];

// totals sums up resources.
export function totals(resources) {
  const sum = { servers: 0, clients: 0, unhealthy: 0, established: 0, desired: 0, sent: 0, received: 0, rated: false };
  for (const r of resources) {
    if (r.health !== 'Healthy') sum.unhealthy++;
    if (r.kind === 'TcpServer') {
      sum.servers++;
      continue;
    }
    sum.clients++;
    sum.established += r.sessions.established;
    sum.desired += r.blocked ? 0 : r.sessions.desired;
    if (r.rate) {
      sum.rated = true;
      sum.sent += r.rate.sentPerSecond;
      sum.received += r.rate.receivedPerSecond;
    }
  }
  return sum;
}
