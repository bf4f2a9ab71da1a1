/** The span that is selected: its request, its response, and all else that is known of it. */

import { element } from "./dom.js";

export function detail(selection) {
  return element("p", {}, String(selection.attempt.spans.length));
}
