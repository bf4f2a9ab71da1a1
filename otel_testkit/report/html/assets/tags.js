/** What the attempt was tagged with. */

import { element } from "./dom.js";

export function tags(selection) {
  return element("p", {}, String(selection.attempt.spans.length));
}
