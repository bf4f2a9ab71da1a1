/** Which spans of an attempt can be singled out in the timeline. */

// A span is slow that took this part of all the time by itself.
const SLOW = 0.1;

/** Gives {name, has, count, title?} of each filter: errors first, all of them last. */
export function filters({ spans, root }, path, { from, to }) {
  const least = (to - from) * SLOW;
  const all = [
    ["errors", (span) => span.isFailing && span !== root],
    [
      "critical path",
      (span) => path.has(span),
      "What the test waited for: the lines below the bars",
    ],
    [
      "slow",
      (span) => span !== root && ownTime(span) >= least,
      "A tenth of the time or more",
    ],
    ["calls", (span) => Boolean(span.call)],
    ["logs", (span) => span.logs.length > 0],
    ["all", () => true],
  ];

  return all.map(([name, has, title]) => ({
    name,
    has,
    title,
    count: spans.filter(has).length,
  }));
}

/** Gives the time of a span in which none of its children ran. */
export function ownTime(span) {
  let own = 0;
  let done = span.at;
  for (const { at, end } of span.children) {
    own += Math.max(Math.min(at, span.end) - done, 0);
    done = Math.max(done, Math.min(end, span.end));
  }

  return own + span.end - done;
}
