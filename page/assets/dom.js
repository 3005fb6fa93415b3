// Elements out of names, attributes and text. Text never becomes HTML.

const svgName = 'http://www.w3.org/2000/svg';

// el makes an element. Properties whose names begin with "on" listen; null,
// undefined and false leave an attribute out.
export function el(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

// svg makes an element of a drawing.
export function svg(tag, properties = {}, ...children) {
  return fill(document.createElementNS(svgName, tag), properties, children);
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith('on')) {
      element.addEventListener(name.slice(2), value);
    } else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? '' : String(value));
    }
  }
  element.append(...children.flat(2).filter((child) => child !== null && child !== undefined));
  return element;
}

// byId returns an element that index.html has.
export const byId = (id) => document.getElementById(id);

// setText changes a text only where it differs, so that nothing is read out again.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// keep makes the children of parent those of items, in their order, behind the
// child after, if there is one. An item that was there before keeps its element,
// with its focus and whatever the reader has opened.
export function keep(parent, items, keyOf, make, update, after = null) {
  const before = parent.kept ?? new Map();
  const kept = new Map();
  const keyed = items.map((item) => {
    let key = keyOf(item);
    while (kept.has(key)) key = `${key} again`; // two that look the same are two
    kept.set(key, before.get(key) ?? make(item));
    return [kept.get(key), item];
  });
  for (const [key, element] of before) if (!kept.has(key)) element.remove();
  parent.kept = kept;
  let place = after; // what the next one follows
  for (const [element, item] of keyed) {
    const next = place ? place.nextSibling : parent.firstChild;
    if (next !== element) parent.insertBefore(element, next);
    place = element;
    update(element, item);
  }
}
