/** Who asked whom: a lane for each service, time from top to bottom. */

import { element } from "./dom.js";

export function lanes(selection) {
  return element("p", {}, String(selection.attempt.spans.length));
}
