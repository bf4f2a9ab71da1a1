/** A body as people read it: JSON with its lines, a form as a table, all else as it is. */

import { isJson, isOpening, tokens } from "../beside/jsonpaths.js";
import { copyButton } from "../page/clipboard.js";
import { element } from "../page/dom.js";
import { size } from "../page/format.js";
import { fields } from "./messages.js";
import { pairs } from "./pairs.js";

const FIRST = 200_000;
// A block of so many characters is laid out only when it comes into sight.
const BLOCK = 20_000;
// What lies deeper stays on its line.
const DEEPEST = 40;
// Of more, colours cost more time than they are worth.
const COLOURED = 50_000;

/** Gives a JSON text, which may be cut, as [kind, piece], a line for each value. */
export function* indented(text) {
  const open = [];
  let before = "";
  for (const token of tokens(text)) {
    const isEnd = token === "}" || token === "]";
    if (isEnd) open.pop();
    const isNext = isEnd ? !isOpening(before) : isOpening(before) || before === ",";
    if (isNext && open.length <= DEEPEST) {
      yield ["", `\n${"  ".repeat(open.length)}`];
    } else if (before === ":") {
      yield ["", " "];
    }
    yield [kindOf(token, open.at(-1) === "{" && before !== ":"), token];
    if (isOpening(token)) open.push(token);
    before = token;
  }
}

/** Tells what a body is, to be shown so: "json", "form", or "text". */
export function shape({ body, type, isCut, isDescribed, isBinary }) {
  if (isDescribed || isBinary) return "text";
  if (/^\s*[{[]/.test(body) && (isCut || isJson(body))) return "json";

  return /x-www-form-urlencoded/i.test(type) ? "form" : "text";
}

/** Shows the body of a message, called *title*; *note* says more of it. */
export function bodyView(title, message, note = null) {
  const { body } = message;
  const head = element("header", {}, element("h5", {}, title), said(message), note);
  if (body === null || body === "") return element("div", { class: "body" }, head);

  const kind = shape(message);
  const place = element("div");
  const show = (isRaw) =>
    place.replaceChildren(
      (!isRaw && kind === "form" && pairs("Form", fields(body))) ||
        code(title, body, isRaw ? "text" : kind),
    );
  show(false);
  const raw = element("button", { type: "button", "aria-pressed": "false" }, "Raw");
  raw.addEventListener("click", () => {
    const isRaw = raw.getAttribute("aria-pressed") === "false";
    raw.setAttribute("aria-pressed", String(isRaw));
    show(isRaw);
  });
  head.append(
    kind === "text" ? "" : raw,
    copyButton("Copy", () => body),
  );

  return element("div", { class: "body" }, head, place);
}

/** Shows text of many lines in a box of its own that scrolls. */
export function code(title, written, kind = "text") {
  const text = String(written);
  const box = element("pre", { tabindex: "0", role: "region", "aria-label": title });
  const fill = (most) => box.replaceChildren(...blocks(text.slice(0, most), kind));
  fill(FIRST);
  if (text.length <= FIRST) return box;

  const rest = element("button", { type: "button" }, `Show all ${size(text.length)}`);
  rest.addEventListener("click", () => {
    fill(text.length);
    rest.remove();
    box.focus();
  });

  return element("div", {}, box, rest);
}

function said({ body, type, size: whole, isCut, isDescribed, isBinary, isLeftOut }) {
  const words = [type];
  if (isLeftOut) words.push("left out: this report has no room for all bodies");
  else if (body === null) words.push(whole ? `${size(whole)}, not recorded` : "none");
  else if (isDescribed) words.push("no text: only its size was recorded");
  else if (isBinary) words.push("binary, shown as base64");
  else if (isCut) words.push(`first ${size(bytes(body))} of ${ofAll(whole)}`);
  else words.push(size(whole ?? bytes(body)));

  return element("small", {}, words.filter(Boolean).join(" · "));
}

function ofAll(whole) {
  return whole === null ? "more" : size(whole);
}

function bytes(text) {
  return new Blob([text]).size;
}

function blocks(text, kind) {
  const made = [];
  const isColoured = text.length < COLOURED;
  let [parts, length] = [[], 0];
  const close = () => {
    made.push(element("div", {}, isColoured ? parts : parts.join("")));
    [parts, length] = [[], 0];
  };
  for (const [name, piece] of kind === "json" ? indented(text) : plain(text)) {
    parts.push(name && isColoured ? element("i", { class: name }, piece) : piece);
    length += piece.length;
    if (length > BLOCK) close();
  }
  close();

  return made;
}

function* plain(text) {
  const lines = text.replaceAll("\r\n", "\n");
  for (let at = 0; at < lines.length; ) {
    const end = lines.indexOf("\n", at + BLOCK);
    // What is one line for ever is cut all the same.
    const next = end < 0 || end > at + 2 * BLOCK ? at + 2 * BLOCK : end + 1;
    yield ["", lines.slice(at, next)];
    at = next;
  }
}

function kindOf(token, isKey) {
  if (token.startsWith('"')) return isKey ? "key" : "string";

  return /^[\w-]/.test(token) ? "word" : "";
}
