/**
 * What of a test is looked at: an attempt, one to lay beside it, a span, and a tab of
 * the span. The parts of the page hear of it when it changes.
 */
export class Selection extends EventTarget {
  constructor(test, anchor) {
    super();
    this.test = test;
    this.anchor = anchor;
    this.attempt = null;
    this.span = null;
    this.tab = null;
  }

  /** The attempt to compare with: one that passed, or null. */
  get other() {
    return this.test.attempts[this.beside?.passing] ?? null;
  }

  /** What `chunk.py` calls BESIDE, for the attempt that is shown; or null. */
  get beside() {
    return this.test.beside.find((one) => one.failing === this.attempt.place) ?? null;
  }

  /** Shows an attempt, by its place. */
  choose(place) {
    this.attempt = this.test.attempts[place];
    this.span = null;
    this.dispatchEvent(new Event("attempt"));
  }

  /** Selects a span of the attempt; null for none. */
  select(span, tab = this.tab) {
    this.span = span;
    this.tab = tab;
    this.dispatchEvent(new Event("span"));
  }
}
