/**
 * Where somebody looks: `#case-3&attempt=2&span=9c2f…&tab=response`.
 *
 * The first part alone is the anchor of the test, which works where no program runs.
 * On the run page it is what is searched for: `#?q=s%3Afailed`.
 */

const QUERY = "?q=";

/** Reads the address: {test, attempt, span, tab, query}, null what is not told. */
export function route() {
  const [anchor, ...parts] = location.hash.slice(1).split("&");
  const told = new Map(parts.map((part) => part.split("=").map(decoded)));

  return {
    test: /^case-\d+$/.test(anchor) ? anchor : null,
    attempt: Number(told.get("attempt")) || null,
    span: told.get("span") ?? null,
    tab: told.get("tab") ?? null,
    query: anchor.startsWith(QUERY) ? decoded(anchor.slice(QUERY.length)) : null,
  };
}

/** Writes an address for a link. */
export function address({ test, attempt, span, tab, query }) {
  if (query) return `#${QUERY}${encodeURIComponent(query)}`;
  const told = Object.entries({ attempt, span, tab })
    .filter(([, value]) => value)
    .map(([name, value]) => `&${name}=${encodeURIComponent(value)}`);

  return `#${test ?? ""}${test ? told.join("") : ""}`;
}

/** Goes somewhere: as a new page, or in place of the one that is shown. */
export function go(to, { instead = false } = {}) {
  if (instead) history.replaceState(null, "", address(to));
  else location.hash = address(to);
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
