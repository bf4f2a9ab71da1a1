/**
 * A test's data as the page works with it: what `chunk.py` left out is put back, and
 * spans know their parents and children.
 */

/** Makes of a chunk its attempts, and which lie beside which. */
export function test(chunk) {
  const attempts = chunk.attempts.map(attempt);

  return { attempts, beside: chunk.beside };
}

function attempt(raw, place) {
  const spans = raw.spans.map((span, index) => ({
    index,
    up: null,
    took: null,
    name: span.summary,
    kind: "internal",
    scope: "otel_testkit",
    resource: 0,
    attributes: {},
    events: [],
    call: null,
    said: "",
    ...span,
  }));
  for (const span of spans) {
    span.parent = span.up === null ? null : spans[span.up];
    span.children = [];
    span.logs = [];
    span.isOpen = span.took === null;
    span.end = span.isOpen ? raw.seen : span.at + span.took;
    span.isFailing = Boolean(span.error || span.call?.failing);
    if (span.call) filled(span);
  }
  // They come in the order of their start, so that a parent may come after its child.
  for (const span of spans) span.parent?.children.push(span);
  const logs = raw.logs.map((log, index) => ({
    index,
    attributes: {},
    ...log,
    span: log.span === null ? null : spans[log.span],
  }));
  for (const log of logs) log.span?.logs.push(log);

  return {
    ...raw,
    place,
    run: raw.run ?? null,
    took: raw.took ?? null,
    spans,
    logs,
    resources: raw.resources ?? [{}],
    root: spans[0],
    calls: spans.filter((span) => span.call && !span.children.some((one) => one.call)),
  };
}

function filled(span) {
  const { call } = span;
  call.template ??= call.path ?? "";
  call.url ??= span.attributes["url.full"] ?? "";
  call.answer ??= call.status === undefined ? "" : String(call.status);
  call.resend ??= 0;
}

/** Gives a span and all below it, parents first. */
export function* below(span) {
  const waiting = [span];
  while (waiting.length) {
    const one = waiting.pop();
    yield one;
    for (let at = one.children.length; at-- > 0; ) waiting.push(one.children[at]);
  }
}
