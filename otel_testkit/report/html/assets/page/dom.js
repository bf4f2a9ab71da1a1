/**
 * Elements. All text goes in as text: what a service sent is never markup here.
 */

const SVG = "http://www.w3.org/2000/svg";
export const HARMFUL =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/**
 * Makes an element with attributes, listeners (`onclick: …`) and children, of which
 * those that are null, undefined or false are left out.
 */
export function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** Makes an element of SVG. */
export function shape(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

/**
 * Shows what can't be seen, or would turn the text around, as its code.
 */
export function harmless(text) {
  return String(text).replace(
    HARMFUL,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (isLeftOut(value)) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat()) {
    if (isLeftOut(child)) continue;
    made.append(child instanceof Node ? child : harmless(child));
  }
  return made;
}

function isLeftOut(value) {
  return value === null || value === undefined || value === false;
}
