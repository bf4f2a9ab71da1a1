/** Texts laid side by side, line by line. */

// Beyond so many pairs of lines, all is told as changed.
const MOST_PAIRS = 1_000_000;

/** Gives the lines that differ, ["-" or "+", line], in the order of the texts. */
export function differentLines(was, is) {
  const [ones, others] = [was.split("\n"), is.split("\n")];
  const least = Math.min(ones.length, others.length);
  let head = 0;
  while (head < least && ones[head] === others[head]) head += 1;
  let tail = 0;
  while (tail < least - head && ones.at(-1 - tail) === others.at(-1 - tail)) tail += 1;

  return walked(
    ones.slice(head, ones.length - tail),
    others.slice(head, others.length - tail),
  );
}

function walked(ones, others) {
  const wide = others.length + 1;
  const isTold = ones.length * others.length <= MOST_PAIRS;
  const common = isTold ? commonLengths(ones, others, wide) : null;
  const found = [];
  let [at, other] = [0, 0];
  while (at < ones.length || other < others.length) {
    if (isTold && at < ones.length && ones[at] === others[other]) {
      at += 1;
      other += 1;
    } else if (
      other === others.length ||
      (at < ones.length &&
        (!isTold || common[(at + 1) * wide + other] >= common[at * wide + other + 1]))
    ) {
      found.push(["-", ones[at++]]);
    } else {
      found.push(["+", others[other++]]);
    }
  }

  return found;
}

/** Gives for each pair of places how many lines the rests have in common. */
function commonLengths(ones, others, wide) {
  const common = new Uint32Array((ones.length + 1) * wide);
  for (let at = ones.length - 1; at >= 0; at--) {
    for (let other = others.length - 1; other >= 0; other--) {
      common[at * wide + other] =
        ones[at] === others[other]
          ? common[(at + 1) * wide + other + 1] + 1
          : Math.max(common[(at + 1) * wide + other], common[at * wide + other + 1]);
    }
  }

  return common;
}
