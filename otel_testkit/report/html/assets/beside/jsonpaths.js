/**
 * JSON as it was written: its tokens, its values by their paths, and what differs
 * between two texts. JSON.parse would round big numbers and forget double keys.
 */

const SPACE = /\s*/y;
const WORD = /[^\s,:{}[\]"]+/y;
const SIMPLE_KEY = /^"[\w$@-]+"$/;
const CONSTANT = /^(?:true|false|null)$/;
// What is called so is another one each time.
const PASSING_NAME =
  /(?:^|[^a-z])(?:u?u?ids?|guid|etag|nonce|date|time|timestamp|at|content-length|traceparent)"?\]?$/i;
const PASSING_TAIL = /[a-z](?:Id|At|Time|Date|Timestamp)$/;
const PASSING_VALUE =
  /\d{4}-\d\d-\d\d(?:[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?|(?=[a-f-]*\d)[a-f\d][a-f\d-]{7,}|\d{5,}/gi;
const EPOCH = /^1\d{9}(?:\d{3}){0,3}(?:\.\d+)?$/;
// Paths of what lies deeper would grow without an end.
const DEEPEST = 100;

/** Whether a text is JSON. */
export function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Gives the tokens of a JSON text, without the space between; it may be cut. */
export function* tokens(text) {
  for (let at = after(SPACE, text, 0); at < text.length; ) {
    const end = endOf(text, at);
    yield text.slice(at, end);
    at = after(SPACE, text, end);
  }
}

/** Gives the values of a JSON text by their paths, null where it has none. */
export function leaves(text) {
  if (!isJson(text)) return null;

  const found = new Map();
  const open = [];
  let before = "";
  for (const token of tokens(text)) {
    if (isOpening(token)) {
      open.push({ path: pathIn(open.at(-1)), key: "", at: 0, isList: token === "[" });
    } else if (token === "}" || token === "]") {
      const { path } = open.pop();
      if (isOpening(before)) put(found, path, before + token);
    } else {
      take(found, open.at(-1), before, token);
    }
    if (open.length > DEEPEST) return null;
    before = token;
  }

  return found;
}

/**
 * Gives what differs between two JSON texts: {path, was, is, isPassing}, null for what
 * is not there; null where they can't be laid side by side.
 */
export function differences(was, is) {
  const [ones, others] = [leaves(was), leaves(is)];

  return ones && others && differing(ones, others);
}

/** Gives what differs between two maps, as `differences` does. */
export function differing(ones, others) {
  const paths = new Set([...ones.keys(), ...others.keys()]);

  return [...paths]
    .map((path) => ({
      path,
      was: ones.get(path) ?? null,
      is: others.get(path) ?? null,
    }))
    .filter(({ was, is }) => was !== is)
    .map((one) => ({ ...one, isPassing: isPassing(one) }));
}

/** Whether a token begins an object or a list. */
export function isOpening(token) {
  return token === "{" || token === "[";
}

/** Whether what differs is but an id or a time, which is never the same twice. */
function isPassing({ path, was, is }) {
  if (was === null || is === null) return false;
  if (steady(was) === steady(is)) return true;
  const isNamed = PASSING_NAME.test(path) || PASSING_TAIL.test(path);

  return isNamed && !CONSTANT.test(was) && !CONSTANT.test(is);
}

function steady(text) {
  // Of numbers only those that are a time: any other may be what it is about.
  if (!Number.isNaN(Number(text))) return text.replace(EPOCH, "…");

  return text.replace(PASSING_VALUE, "…");
}

function take(found, inside, before, token) {
  if (token === ":") return;
  if (token === ",") inside.at += 1;
  else if (!inside || inside.isList || before === ":")
    put(found, pathIn(inside), token);
  else inside.key = token;
}

function put(found, path, token) {
  const there = found.get(path);
  found.set(path, there === undefined ? token : `${there}, ${token}`);
}

function pathIn(inside) {
  if (!inside) return "";
  const { path, key, at, isList } = inside;
  if (isList) return `${path}[${at}]`;

  return SIMPLE_KEY.test(key) ? `${path}.${key.slice(1, -1)}` : `${path}[${key}]`;
}

function endOf(text, at) {
  if (text[at] === '"') return endOfString(text, at);

  return Math.max(after(WORD, text, at), at + 1);
}

// No pattern: of a string of megabytes they run out of stack.
function endOfString(text, begin) {
  let at = begin + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;

  return Math.min(at + 1, text.length);
}

function after(pattern, text, at) {
  pattern.lastIndex = at;

  return pattern.test(text) ? pattern.lastIndex : at;
}
