/** What went over the wire in a call, out of the attributes of its span. */

// What the recorder writes in place of a body that is no text.
const DESCRIBED = /^<[^<>\n]{1,200}, \d+ bytes>$/;

/** Gives the request of a call: what `message` gives, its method and its URL. */
export function request(span, texts) {
  const { method, url } = span.call;

  return { method, url, ...message(span, "request", texts) };
}

/** Gives the response of a call: what `message` gives, and its status. */
export function response(span, texts) {
  return { status: span.call.status ?? 0, ...message(span, "response", texts) };
}

/** Gives the parameters of a URL as [name, value], in their order. */
export function query(url) {
  return fields(url.split("#")[0].split("?").slice(1).join("?"));
}

/** Gives the fields of a form as [name, value]. */
export function fields(text) {
  return [...new URLSearchParams(text)];
}

/**
 * Gives {headers: [[name, value]], type, body, size, isCut, isDescribed, isBinary,
 * isLeftOut}; the body is null where none was recorded. *texts* are the bodies of the
 * test, null where the page has none.
 */
function message({ attributes, ...span }, side, texts) {
  const key = `http.${side}.body`;
  const place = span[side];
  const other = attributes[`${key}.content`] ?? null;
  const isBinary = place === undefined && typeof other === "string";
  const bare = isBinary || other === null ? other : JSON.stringify(other);
  const body = place === undefined ? bare : (texts?.[place] ?? null);
  const headers = headersOf(attributes, `http.${side}.header.`);

  return {
    headers,
    type: headers.find(([name]) => name === "content-type")?.[1] ?? "",
    body,
    size: attributes[`${key}.size`] ?? null,
    isCut: attributes[`otel_testkit.${key}.truncated`] === true,
    isDescribed: body !== null && DESCRIBED.test(body),
    isBinary,
    isLeftOut: place !== undefined && texts === null,
  };
}

function headersOf(attributes, prefix) {
  return Object.entries(attributes)
    .filter(([name]) => name.startsWith(prefix))
    .flatMap(([name, values]) =>
      [values].flat().map((value) => [name.slice(prefix.length), String(value)]),
    );
}
