/**
 * Finds tests by words: `s:failed @smoke POST /invoke !retry "two words"`.
 *
 * All of them must be true of a test. A word stands in its name, its cause, or in what
 * it called or was tagged with; `s:` names how it ended, `@` a tag; `!` turns it around.
 */

const STATES = ["failed", "flaky", "passed", "skipped", "outside"];
const TERM = /(!?)(?:(s:|@)?"([^"]*)"?|(s:|@)?(\S*))/g;

/** Gives what a query asks for, as a list of {kind, text, not}. */
export function terms(query) {
  return [...query.toLowerCase().matchAll(TERM)]
    .map(([, not, quoted, phrase, prefix, word]) => ({
      kind: quoted ?? prefix ?? "",
      text: (phrase ?? word).trim(),
      not: not === "!",
    }))
    .filter((term) => term.text);
}

/** Tells of an entry of the index whether all terms are true of it. */
export function isFound(entry, all) {
  return all.every((term) => KINDS[term.kind](entry, term.text) !== term.not);
}

/** Gives the state that a query asks for, "" where it asks for none. */
export function stateOf(query) {
  const term = terms(query).find((one) => one.kind === "s:" && !one.not);

  return STATES.find((state) => term && state.startsWith(term.text)) ?? "";
}

/** Asks for another state in a query, or with "" for all. */
export function withState(query, state) {
  const others = query.replace(/(^|\s)s:\S*/gi, "").trim();

  return [state && `s:${state}`, others].filter(Boolean).join(" ");
}

const KINDS = { "": hasWord, "s:": hasEnded, "@": hasTag };
const words = new WeakMap();

function hasWord(entry, text) {
  if (!words.has(entry)) words.set(entry, told(entry).join("\n").toLowerCase());

  return words.get(entry).includes(text);
}

function told(entry) {
  return [
    entry.name,
    entry.suite,
    entry.cause,
    entry.title,
    ...entry.labels,
    ...entry.services,
    ...Object.entries(entry.tags).flatMap(([name, value]) => [name, ...values(value)]),
  ];
}

function hasEnded(entry, text) {
  const state = STATES.find((one) => one.startsWith(text));

  return state
    ? entry.state === state
    : entry.outcomes.some((one) => one.startsWith(text));
}

function hasTag(entry, text) {
  const [key, ...rest] = text.split("=");
  const tags = Object.entries(entry.tags).map(([name, value]) => [
    name.toLowerCase(),
    values(value).map((one) => one.toLowerCase()),
  ]);
  const isKey = (name) => name === key || name.endsWith(`.${key}`);
  if (!rest.length) {
    return tags.some(
      ([name, found]) => isKey(name) || found.some((one) => one.startsWith(text)),
    );
  }

  return tags.some(
    ([name, found]) =>
      isKey(name) && found.some((one) => one.startsWith(rest.join("="))),
  );
}

function values(value) {
  return (Array.isArray(value) ? value : [value]).map(String);
}
