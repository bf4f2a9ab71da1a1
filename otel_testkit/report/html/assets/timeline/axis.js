/** Which part of the time is shown: the style sheet places all bars by it. */

import { at } from "./bars.js";
import { ticks } from "./scale.js";

// Pixels from tick to tick, and of an axis that has no width yet.
const TICK = 110;
const WIDE = 660;

/** Marks a part of the time on the axis, behind the rows, and on the minimap. */
export function mark({ all, element, map, axis, lines }, { from, to }) {
  const width = all.to - all.from;
  set(element, { from, span: to - from });
  set(map, { left: (from - all.from) / width, right: (all.to - to) / width });
  const found = ticks({ from, to }, (axis.clientWidth || WIDE) / TICK);
  lines.replaceChildren(...found.map((tick) => at("tick", tick.at, tick.at)));
  axis.replaceChildren(
    ...found.map((tick) => {
      const one = at("tick", tick.at, tick.at);
      one.append(tick.text);

      return one;
    }),
  );
}

function set(one, values) {
  for (const [name, value] of Object.entries(values)) {
    one.style.setProperty(`--${name}`, value);
  }
}
