/** Where to look first in an attempt that failed. */

/** Gives the span that is most likely to blame, or null where nothing points to one. */
export function suspect(attempt) {
  if (!attempt.failure) return null;
  const failing = attempt.calls.findLast((call) => call.isFailing);

  return evidence(attempt)[0] ?? failing ?? null;
}

/** Gives from when to when things went wrong, in µs, or null. */
export function failingWindow(attempt) {
  if (!attempt.failure) return null;
  const failing = attempt.calls.find((call) => call.isFailing);
  const [first = failing] = evidence(attempt).toSorted(
    (one, other) => one.at - other.at,
  );
  if (!first) return null;
  const to = attempt.root.end;
  const before = Math.max((to - first.at) / 10, 1);

  return { from: Math.max(first.at - before, 0), to };
}

/** Gives the spans that findings name, those of the nearest cause first. */
function evidence({ findings, spans }) {
  const ids = findings.filter((one) => !one.recovered).flatMap((one) => one.evidence);
  if (!ids.length) return [];
  const known = new Map(spans.map((span) => [span.id, span]));

  return ids.map((id) => known.get(id)).filter(Boolean);
}
