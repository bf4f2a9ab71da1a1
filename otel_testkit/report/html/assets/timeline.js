/** The waterfall of an attempt. */

import { element } from "./dom.js";

export function timeline(selection) {
  return element("p", {}, String(selection.attempt.spans.length));
}
