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
