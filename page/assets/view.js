// What the reader chose to see. It is kept in the address behind the #, so
// that it can be bookmarked and shared, and Back works.

const defaults = { namespace: '', name: '', unhealthy: false, view: 'graph', selected: '' };

// read returns the view that the address names.
export function read() {
  const parameters = new URLSearchParams(location.hash.slice(1));
  return {
    namespace: parameters.get('namespace') ?? '',
    name: parameters.get('name') ?? '',
    unhealthy: parameters.get('unhealthy') === 'true',
    view: parameters.get('view') === 'table' ? 'table' : 'graph',
    selected: parameters.get('selected') ?? '',
  };
}

// write puts a view into the address. A new selection is a step to go back from.
export function write(view) {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(view)) {
    if (value !== defaults[name]) parameters.set(name, value);
  }
  const hash = `#${parameters}`;
  if (hash === (location.hash || '#')) return;
  const selectionMoved = read().selected !== view.selected;
  history[selectionMoved ? 'pushState' : 'replaceState'](null, '', hash);
}
