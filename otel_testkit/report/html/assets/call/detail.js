/** The span that is selected: its request, its response, and all else that is known of it. */

import { answer, counterpart } from "../beside/difference.js";
import { copyButton } from "../page/clipboard.js";
import { element } from "../page/dom.js";
import { duration } from "../page/format.js";
import { address } from "../page/route.js";
import { curl, har, httpx } from "./copy.js";
import { request, response } from "./messages.js";
import { TABS } from "./tabs.js";
import { moment, phases } from "./timing.js";

/** Shows the span that is selected, in a panel that follows the selection. */
export function detail(selection, signal) {
  const box = element("div", { class: "chosen" });
  const follow = () => show(box, selection);
  for (const change of ["span", "beside"]) {
    selection.addEventListener(change, follow, { signal });
  }
  follow();

  return box;
}

async function show(box, selection) {
  const { span } = selection;
  box.classList.toggle("empty", span === null);
  box.classList.toggle("suggested", Boolean(selection.isSuggested));
  if (span === null) {
    box.replaceChildren(hint());
    return;
  }
  const hasBodies = [span, counterpart(selection, span)?.other].some(
    (one) => one?.request !== undefined || one?.response !== undefined,
  );
  const texts = hasBodies ? await selection.bodies() : [];
  // Somebody may have gone on in the meantime.
  if (selection.span !== span) return;

  const focused = box.contains(document.activeElement) && document.activeElement.id;
  box.replaceChildren(headline(selection, texts), ...tabs({ selection, span, texts }));
  if (focused) document.getElementById(focused)?.focus();
  if (!selection.isSuggested) comeInto(box);
}

/** Brings the panel into view, where it was asked for from far away. */
function comeInto(box) {
  const { top } = box.getBoundingClientRect();
  if (top < 0 || top > innerHeight - 100) box.parentElement.scrollIntoView();
}

function hint() {
  return element(
    "p",
    { class: "hint" },
    "Choose a call in the timeline to see its request, its response and its logs.",
  );
}

function headline(selection, texts) {
  const { span, attempt } = selection;
  const { call } = span;
  const close = () => selection.select(null, null);
  const name = call
    ? [call.method, call.peer, call.path].filter(Boolean)
    : [span.summary];

  return element(
    "header",
    { class: span.isFailing ? "headline bad" : "headline" },
    element(
      "h4",
      {},
      element("b", { class: "answer" }, span.isFailing && "✗ ", answer(span)),
      name.join(" "),
      element("small", {}, span.isOpen ? "no end" : duration(span.took)),
    ),
    call && copies(selection, span, attempt, texts),
    element(
      "button",
      { type: "button", class: "close", "aria-label": "Close", onclick: close },
      "✕",
    ),
    span.said && element("p", {}, span.said),
  );
}

function copies(selection, span, attempt, texts) {
  const asHar = () =>
    har({
      request: request(span, texts),
      response: response(span, texts),
      start: moment(attempt, span.at),
      took: span.took ?? 0,
      toHeaders: phases(span).reduce(
        (sum, [name, time]) => (name.startsWith("reading") ? sum : sum + time),
        0,
      ),
      version: span.attributes["network.protocol.version"],
    });
  const { anchor, tab } = selection;
  const to = { test: anchor, attempt: attempt.number, span: span.id, tab };

  return element(
    "details",
    { class: "menu", onfocusout: leave, onkeydown: leave },
    element("summary", {}, "Copy"),
    element(
      "div",
      {},
      copyButton("as cURL", () => curl(request(span, texts))),
      copyButton("as Python (httpx)", () => httpx(request(span, texts))),
      copyButton("as HAR entry", asHar),
      copyButton("link to this call", () => location.href.split("#")[0] + address(to)),
    ),
  );
}

/** Closes a menu when somebody goes elsewhere. */
function leave({ currentTarget: menu, type, relatedTarget, key }) {
  if (type === "keydown" ? key !== "Escape" : menu.contains(relatedTarget)) return;
  menu.open = false;
  if (key) menu.firstElementChild.focus();
}

/** Makes the tabs of a span, as far as each has something to show, and their panel. */
function tabs(of) {
  const { anchor, tab } = of.selection;
  const there = TABS.filter(([, , isThere]) => isThere(of));
  const wanted = (name) => there.find((one) => one[0] === name);
  const chosen = wanted(tab) ?? wanted("errors") ?? wanted("response") ?? there[0];
  const [id, , , make] = chosen;
  const panel = element(
    "div",
    {
      role: "tabpanel",
      id: `${anchor}-of-span`,
      "aria-labelledby": `${anchor}-${id}`,
      tabindex: "0",
    },
    make(of),
  );
  const list = element(
    "div",
    { role: "tablist", "aria-label": "About this call", onkeydown: step },
    there.map((one) => tabButton(of, one, one === chosen && panel.id)),
  );

  return [list, panel];
}

function tabButton({ selection, span }, [id, title], panel) {
  return element(
    "button",
    {
      type: "button",
      role: "tab",
      id: `${selection.anchor}-${id}`,
      "aria-selected": String(Boolean(panel)),
      "aria-controls": panel,
      tabindex: panel ? "0" : "-1",
      onclick: () => selection.select(span, id),
    },
    title,
    id === "logs" && element("small", {}, span.logs.length),
  );
}

/** Moves along the tabs by keyboard. */
function step(event) {
  const all = [...event.currentTarget.children];
  const at = all.indexOf(event.target);
  const to = {
    ArrowRight: (at + 1) % all.length,
    ArrowLeft: (at + all.length - 1) % all.length,
    Home: 0,
    End: all.length - 1,
  }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  all[to].focus();
  all[to].click();
}
