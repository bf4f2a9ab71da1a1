/** What was logged, by time. */

import { element } from "./dom.js";

export function logs(selection) {
  return element("p", {}, String(selection.attempt.spans.length));
}
