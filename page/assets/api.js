// What the manager is asked. Addresses are relative, and cookies are sent to
// where the page came from: a proxy may stand before it, and know its readers
// by them.

const timeout = 10_000;

// Failure is an answer that is none; its message is for the reader.
export class Failure extends Error {}

async function ask(path, headers = {}) {
  let response;
  try {
    response = await fetch(path, { headers, cache: 'no-store', credentials: 'same-origin', signal: AbortSignal.timeout(timeout) });
  } catch {
    throw new Failure('The manager cannot be reached.');
  }
  if (response.status === 401) throw new Failure('The manager does not know who asks: the token is missing or has expired.');
  if (response.status === 403) throw new Failure('The manager does not let this account read the page: it needs the role tcp-operator-ui-viewer.');
  if (response.status === 404) throw new Failure('It is no longer there.');
  if (!response.ok && response.status !== 304) throw new Failure(`The manager answers with HTTP status ${response.status}.`);
  return response;
}

async function json(response) {
  try {
    return await response.json();
  } catch {
    throw new Failure('The answer of the manager broke off.');
  }
}

let etag = null;

// topology returns the picture, or null where it has not changed, and the time
// by the manager's clock.
export async function topology() {
  const response = await ask('api/v1/topology', etag ? { 'If-None-Match': etag } : {});
  const time = Date.parse(response.headers.get('Date')) || Date.now();
  if (response.status === 304) return { picture: null, time };
  const picture = await json(response);
  etag = response.headers.get('ETag');
  return { picture, time };
}

const about = (what, key) => `api/v1/${what}?${new URLSearchParams({ kind: key.kind, namespace: key.namespace, name: key.name })}`;

// sessions returns who is connected to the pods of a resource.
export const sessions = async (key) => json(await ask(about('sessions', key)));

// events returns the newest events of a resource.
export const events = async (key) => json(await ask(about('events', key)));
