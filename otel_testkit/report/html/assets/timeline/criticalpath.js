/**
 * What an attempt waited for: had any of it been quicker, the attempt had been, too.
 *
 * Walks back from the end to the child that ended last, and from its start to the one
 * that ended last before. No recursion: a trace may be deeper than the stack.
 */

/** Gives for each span on the path its pieces [from, to]; together they are the root. */
export function criticalPath(root) {
  const pieces = new Map();
  const put = (span, from, to) => {
    if (to <= from) return;
    if (!pieces.has(span)) pieces.set(span, []);
    pieces.get(span).push([from, to]);
  };
  const above = [walk(root, root.at, root.end)];
  while (above.length) {
    const at = above.at(-1);
    const child = before(at);
    if (!child) {
      put(at.span, at.from, at.until);
      above.pop();
      continue;
    }
    // A child may overflow its parent: clocks differ, and some are not waited for.
    const to = Math.min(child.end, at.until);
    const from = Math.max(child.at, at.from);
    put(at.span, to, at.until);
    at.until = from;
    above.push(walk(child, from, to));
  }

  return pieces;
}

function walk(span, from, until) {
  const children = span.children.filter((child) => child.kind !== "consumer");

  return {
    span,
    from,
    until,
    isFirst: true,
    waiting: children.sort((one, other) => one.end - other.end || one.at - other.at),
  };
}

/** Takes the child that ended last before the time that the walk has come to. */
function before(at) {
  while (at.waiting.length) {
    const child = at.waiting.pop();
    const isOver = at.isFirst ? child.at < at.until : child.end <= at.until;
    if (!isOver || Math.min(child.end, at.until) <= Math.max(child.at, at.from))
      continue;
    at.isFirst = false;

    return child;
  }

  return null;
}
