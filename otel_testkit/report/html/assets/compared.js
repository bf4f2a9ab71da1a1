/** The failing attempt beside one that passed, call by call. */

import { element } from "./dom.js";

export function compared(selection) {
  return element("p", {}, String(selection.attempt.spans.length));
}
