/** The failing attempt beside one that passed, call by call. */

import { clock } from "../call/timing.js";
import { element } from "../page/dom.js";
import { counted, duration } from "../page/format.js";
import { address } from "../page/route.js";
import { answer, bodyDifferences, difference, pace } from "./difference.js";

// So many equal rows in a row are folded.
const FEW = 3;
// The bodies of so many rows are compared before anybody asks.
const MOST = 200;
const ANSWER = "another answer";
const END = "another end";

/** Shows what differs from an attempt that passed; null where there is none. */
export function compared(selection, signal) {
  const { choices } = selection;
  if (!choices.length) return null;

  const place = element("div");
  const follow = () => {
    const isChosen = place.contains(document.activeElement);
    place.replaceChildren(table(selection));
    if (isChosen) place.querySelector("select").focus();
  };
  selection.addEventListener("beside", follow, { signal });
  follow();

  return element("div", {}, place, ranked(choices[0], selection));
}

function table(selection) {
  const { attempt, other, beside } = selection;
  const rows = beside.rows.map((row) => placed(row, selection));
  const body = element("tbody");
  fill(body, rows, selection);
  // What differs in the bodies alone is marked as soon as they are there.
  selection.bodies().then((texts) => {
    const told = texts ? rows.slice(0, MOST).map((row) => remark(row, texts)) : [];
    if (told.includes(true)) fill(body, rows, selection);
  });

  return element(
    "table",
    { class: "places" },
    element(
      "thead",
      {},
      element(
        "tr",
        {},
        element("th", { scope: "col" }, "Place"),
        column("Passing", other, selection),
        column("Failing", attempt, selection),
      ),
    ),
    body,
  );
}

/** Gives the folded form of many words: `404 ×3 → 200`. */
export function folded(words) {
  const runs = [];
  for (const word of words) {
    if (runs.at(-1)?.word === word) runs.at(-1).count += 1;
    else runs.push({ word, count: 1 });
  }

  return runs
    .map(({ word, count }) => (count > 1 ? `${word} ×${count}` : word))
    .join(" → ");
}

function placed({ label, depth, failing, passing }, { attempt, other }) {
  const row = {
    label,
    depth,
    failing: failing.map((place) => attempt.spans[place]),
    passing: passing.map((place) => other.spans[place]),
  };

  return { ...row, mark: marked(row) };
}

/** Gives [sign, word] of how a row differs. */
function marked({ failing, passing }) {
  if (!passing.length) return ["+", "only here"];
  if (!failing.length) return ["−", "does not come"];
  if (folded(failing.map(answer)) !== folded(passing.map(answer))) {
    return ["≠", failing[0].call ? ANSWER : END];
  }
  const paced = pace(busy(passing), busy(failing));

  return paced ? ["≠", paced] : ["=", "the same"];
}

function remark(row, texts) {
  const [span, other] = [row.failing.at(-1), row.passing.at(-1)];
  if (row.mark[0] !== "=" || !span.call || !other.call) return false;
  if (span.request === other.request && span.response === other.response) return false;
  const differ = bodyDifferences(span, other, texts).find(
    ({ all }) => all === null || all.some((one) => !one.isPassing),
  );
  if (differ) row.mark = ["≠", `another ${differ.title}`];

  return Boolean(differ);
}

function fill(body, rows, selection) {
  body.replaceChildren();
  let equal = [];
  const close = () => {
    if (equal.length >= FEW) body.append(fold(equal, selection));
    else for (const row of equal) body.append(line(row, selection));
    equal = [];
  };
  rows.forEach((row, place) => {
    if (row.mark[0] === "=" && !leadsToOther(rows, place)) equal.push(row);
    else {
      close();
      body.append(line(row, selection));
    }
  });
  close();
}

/** Whether anything below a row differs. */
function leadsToOther(rows, place) {
  for (let at = place + 1; rows[at]?.depth > rows[place].depth; at++) {
    if (rows[at].mark[0] !== "=") return true;
  }

  return false;
}

function fold(equal, selection) {
  const count = counted(equal.length, "equal place");
  const row = element("tr", { class: "fold" });
  const open = () => {
    row.after(...equal.map((one) => line(one, selection)));
    row.nextElementSibling?.querySelector("button").focus();
    row.remove();
  };
  const button = element(
    "button",
    { type: "button", class: "plain", onclick: open },
    count,
  );
  row.append(
    element(
      "th",
      { scope: "row", colspan: 3 },
      element("b", { class: "sign" }, "="),
      button,
    ),
  );

  return row;
}

function line(row, selection) {
  const [sign, word] = row.mark;
  const button = element(
    "button",
    { type: "button", class: "plain", "aria-expanded": "false" },
    row.label,
  );
  const name = element(
    "th",
    { scope: "row" },
    element("b", { class: "sign", title: word }, sign),
    button,
    sign !== "=" && element("small", {}, word),
  );
  name.style.setProperty("--depth", String(Math.min(row.depth, 8)));
  const made = element(
    "tr",
    { class: sign === "=" ? "" : "differs" },
    name,
    cell(row.passing),
    cell(row.failing, word === ANSWER || word === END),
  );
  button.addEventListener("click", async () => {
    const isOpen = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!isOpen));
    if (isOpen) made.nextElementSibling.remove();
    else made.after(await inside(row, selection));
  });

  return made;
}

function cell(spans, isOther = false) {
  if (!spans.length) return element("td", { class: "none" }, "–");

  return element(
    "td",
    {},
    element("span", { class: isOther && "other" }, folded(spans.map(answer))),
    element("small", {}, duration(busy(spans))),
  );
}

async function inside({ failing, passing }, selection) {
  const [span, other] = [failing.at(-1), passing.at(-1)];
  const texts = await selection.bodies();
  const select = () => selection.select(span);

  return element(
    "tr",
    { class: "inside" },
    element(
      "td",
      { colspan: 3 },
      span && other && difference(span, other, texts ?? []),
      span && element("button", { type: "button", onclick: select }, "Show this call"),
    ),
  );
}

function column(title, attempt, selection) {
  const to = address({ test: selection.anchor, attempt: attempt.number });
  const name = named(attempt);
  const isChoice = !attempt.failure && selection.choices.length > 1;

  return element(
    "th",
    { scope: "col" },
    `${title}: `,
    isChoice && choice(selection),
    !isChoice && (attempt.run ? name : element("a", { href: to }, name)),
    !attempt.run && element("small", {}, `${clock(attempt, 0).slice(0, 19)} UTC`),
  );
}

function choice(selection) {
  const { choices, beside, test } = selection;
  const options = choices.map(({ passing }) =>
    element(
      "option",
      { value: passing, selected: passing === beside.passing },
      named(test.attempts[passing]),
    ),
  );
  const compare = ({ target }) => selection.compareWith(Number(target.value));

  return element(
    "select",
    { "aria-label": "Compare with", onchange: compare },
    options,
  );
}

function named({ run, number }) {
  return run ? `run ${run}` : `attempt ${number}`;
}

/** Tells by how much what differs stands out; the story tells the first of it. */
function ranked({ differences, consequences }, selection) {
  const item = (one) => {
    const { spans } = selection.attempt;
    const span = spans.find(({ id }) => one.evidence.includes(id));
    const show = () => selection.select(span);

    return element(
      "li",
      {},
      one.statement,
      span &&
        element("button", { type: "button", class: "plain", onclick: show }, "show"),
    );
  };

  return [
    ["All that differs, the most telling first", differences],
    ["What came of the failure", consequences],
  ].map(
    ([title, all]) =>
      all.length > 0 &&
      element(
        "details",
        { class: "ranked" },
        element("summary", {}, title, element("small", {}, all.length)),
        element("ol", {}, all.map(item)),
      ),
  );
}

/** Gives the time in which any of these spans ran; they come in the order of time. */
export function busy(spans) {
  let [time, done] = [0, Number.NEGATIVE_INFINITY];
  for (const { at, end } of spans) {
    time += Math.max(end - Math.max(at, done), 0);
    done = Math.max(done, end);
  }

  return time;
}
