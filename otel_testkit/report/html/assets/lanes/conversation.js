/**
 * Who asked whom in an attempt: the services as lanes in the order of their first use,
 * and between them the calls as arrows by time. Repeats are one arrow.
 */

import { below } from "../test/model.js";

const MOST_LANES = 20;
const OTHERS = "others";

/**
 * Gives {lanes: [{name, isSilent}], arrows: [ARROW]}, or null where nobody was asked.
 * Silent are those that recorded nothing themselves.
 *
 *     ARROW  {spans, from, to, method, rest, answer, isFailing, isOpen, at, end, below}
 *            from and to are lanes; below are the arrows of its answering
 */
export function conversation(attempt) {
  const naming = names(attempt);
  const arrows = folded(asked(attempt, naming));
  if (!arrows.length) return null;
  const lanes = ["test"];
  const place = (name) => {
    if (!lanes.includes(name)) {
      if (lanes.length >= MOST_LANES) return lanes.length - 1;
      lanes.push(lanes.length === MOST_LANES - 1 ? OTHERS : name);
    }
    return lanes.indexOf(name) < 0 ? lanes.length - 1 : lanes.indexOf(name);
  };
  for (const arrow of every(arrows)) {
    arrow.from = place(arrow.from);
    arrow.to = place(arrow.to);
  }
  const isSilent = (name) => !naming.speaking.has(name);

  return { lanes: lanes.map((name) => ({ name, isSilent: isSilent(name) })), arrows };
}

/** Gives the arrows and all below them, each before those of its answering. */
export function every(arrows) {
  const found = [];
  const waiting = arrows.toReversed();
  while (waiting.length) {
    const one = waiting.pop();
    found.push(one);
    waiting.push(...one.below.toReversed());
  }

  return found;
}

/** Gives what happens, by time: {arrow, isAnswer}. */
export function happenings(arrows) {
  const found = [];
  const waiting = arrows.map((arrow) => ({ arrow, isAnswer: false })).reverse();
  while (waiting.length) {
    const one = waiting.pop();
    found.push(one);
    if (one.isAnswer) continue;
    const { arrow } = one;
    waiting.push({ arrow, isAnswer: true });
    waiting.push(
      ...arrow.below.map((inner) => ({ arrow: inner, isAnswer: false })).reverse(),
    );
  }
  const time = ({ arrow, isAnswer }) => (isAnswer ? arrow.end : arrow.at);

  return found.sort((one, other) => time(one) - time(other));
}

/** Chooses the arrows to show of many: so many at both ends, and of those that failed. */
export function telling(arrows, most) {
  if (arrows.length <= 3 * most) return new Set(arrows);
  const middle = arrows.slice(most, -most).filter((arrow) => arrow.isFailing);
  const half = most / 2;
  const failing =
    middle.length > most ? [...middle.slice(0, half), ...middle.slice(-half)] : middle;

  return new Set([...arrows.slice(0, most), ...failing, ...arrows.slice(-most)]);
}

/** Learns how services are called: by themselves, and by those who ask them. */
function names({ spans, resources }) {
  const own = resources[0]["service.name"];
  const service = ({ resource }) => {
    const name = resources[resource]?.["service.name"];

    return !name || name === own ? "test" : name;
  };
  const known = new Map();
  const speaking = new Set();
  for (const span of spans) {
    speaking.add(service(span));
    const { parent } = span;
    if (parent?.call && service(span) !== service(parent))
      known.set(peer(parent), service(span));
  }

  return {
    service,
    speaking,
    answering: (call) => known.get(peer(call)) ?? peer(call),
  };
}

// What is asked of a cloud's service stands behind its name.
function peer({ call, kind }) {
  return call.peer?.split(" ")[0] || kind;
}

function asked({ root }, { service, answering }) {
  const top = [];
  const within = new Map();
  for (const span of below(root)) {
    const above = within.get(span.parent) ?? null;
    within.set(span, above);
    const to = asks(span, service, answering);
    if (!to) continue;
    const arrow = arrowOf(span, service(span.call ? span : span.parent), to, above);
    within.set(span, arrow);
    (above?.below ?? top).push(arrow);
  }

  return top;
}

/** Gives whom a span asks; a server that nobody is seen to ask speaks for its caller. */
function asks(span, service, answering) {
  if (span.call) return span.children.some((one) => one.call) ? null : answering(span);
  const { parent } = span;
  const isAsked = parent && !parent.call && service(parent) !== service(span);

  return isAsked ? service(span) : null;
}

function arrowOf(span, from, to, above) {
  const { call, summary, isOpen, isFailing } = span;
  const start = call?.method
    ? `${call.method} ${(call.peer ?? "").split(" ")[0]}`.trim()
    : "";
  const answer = call?.answer || span.attributes["http.response.status_code"] || "";
  // Clocks differ: an answer is not asked for before the question.
  const at = Math.max(span.at, above?.at ?? span.at);

  return {
    spans: [span],
    from,
    to,
    method: start && summary.startsWith(start) ? call.method : "",
    rest:
      start && summary.startsWith(start) ? summary.slice(start.length).trim() : summary,
    answer: String(answer),
    isFailing,
    isOpen,
    at,
    end: Math.max(Math.min(span.end, above?.end ?? span.end), at),
    below: [],
  };
}

/** Makes one of neighbours that are alike, with all that happened below them. */
function folded(top) {
  const numbers = new Map();
  const numbered = new Map();
  const groups = { below: top };
  for (const arrow of [groups, ...every(top)].reverse()) {
    arrow.below = joined(arrow.below, numbered);
    if (arrow === groups) break;
    const inner = arrow.below.map((one) => `${numbered.get(one)}×${one.spans.length}`);
    const { from, to, method, answer, isFailing, isOpen, spans } = arrow;
    const template = spans[0].call?.template || arrow.rest;
    const open = isOpen ? spans[0].index : -1;
    const like = [from, to, method, template, answer, isFailing, open, ...inner].join(
      "\u0000",
    );
    if (!numbers.has(like)) numbers.set(like, numbers.size);
    numbered.set(arrow, numbers.get(like));
  }

  return groups.below;
}

function joined(arrows, numbered) {
  const kept = [];
  for (const arrow of arrows) {
    const last = kept.at(-1);
    if (!last || numbered.get(last) !== numbered.get(arrow)) {
      kept.push(arrow);
      continue;
    }
    last.spans.push(...arrow.spans);
    last.end = Math.max(last.end, arrow.end);
    if (last.rest !== arrow.rest)
      last.rest = arrow.spans[0].call?.template || last.rest;
  }

  return kept;
}
