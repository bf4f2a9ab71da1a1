/**
 * Rows in a box that scrolls: all of them where they are few, so that the browser finds
 * text in them; of very many only those in sight.
 */

import { element } from "../page/dom.js";
import { whenSized } from "../page/sized.js";

export const MOST_PLAIN = 2000;
// Rows above and below those in sight, for a quick hand.
const SPARE = 15;

export class Listing {
  /** `make` gives the element of a row, `dress` tells it what it is at the moment. */
  constructor(box, { make, dress }, signal) {
    this.box = box;
    this.make = make;
    this.dress = dress;
    this.rows = [];
    this.places = new Map();
    this.held = null;
    this.made = new Map();
    this.list = element("div", { role: "tree", "aria-label": "Spans by time" });
    box.addEventListener("scroll", () => this.isPartial && this.draw(), { signal });
    whenSized(box, () => this.draw(), signal);
  }

  /** Shows rows, and one of them always; `isWhole` if all, however many. */
  show(rows, held, isWhole = false) {
    this.rows = rows;
    this.held = held;
    this.places = new Map(rows.map((row, place) => [row, place]));
    this.isPartial = rows.length > MOST_PLAIN && !isWhole;
    this.list.classList.toggle("partial", this.isPartial);
    this.draw();
  }

  /** Puts into the list what is to be seen, and leaves alone what is there. */
  draw() {
    const [first, last] = this.isPartial ? this.sight() : [0, this.rows.length];
    const wanted = this.rows.slice(first, last).map((row, at) => [row, first + at]);
    const place = this.places.get(this.held);
    // What has the focus, or would get it, stays: the focus would be lost with it.
    if (place < first) wanted.unshift([this.held, place]);
    if (place >= last) wanted.push([this.held, place]);
    this.made = new Map(
      wanted.map(([row]) => [row, this.made.get(row) ?? this.make(row)]),
    );
    this.put([...this.made.values()]);
    for (const [row, at] of wanted) {
      const one = this.made.get(row);
      one.style.top = this.isPartial ? `${at * this.height}px` : "";
      this.dress(row, one);
    }
    this.list.style.height = this.isPartial
      ? `${this.rows.length * this.height}px`
      : "";
  }

  /** Gives the places between which the rows in sight are, and some more. */
  sight() {
    const first = Math.max(Math.floor(this.box.scrollTop / this.height) - SPARE, 0);
    const count = Math.ceil(this.box.clientHeight / this.height) + 2 * SPARE;

    return [first, Math.min(first + count, this.rows.length)];
  }

  put(elements) {
    const wanted = new Set(elements);
    for (const one of [...this.list.children]) if (!wanted.has(one)) one.remove();
    let next = this.list.firstChild;
    for (const one of elements) {
      if (one === next) next = next.nextSibling;
      else this.list.insertBefore(one, next);
    }
  }

  /** The height of any row, in pixels. */
  get height() {
    return this.list.firstChild?.offsetHeight || 24;
  }

  /** Scrolls so far that a row is in sight. */
  reveal(row) {
    const top = this.places.get(row) * this.height;
    const room = this.box.clientHeight - this.list.offsetTop - this.height;
    const { scrollTop } = this.box;
    this.box.scrollTop = Math.min(Math.max(scrollTop, top - room), top);
    if (this.isPartial) this.draw();
  }
}
