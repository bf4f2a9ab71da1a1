import { suspect } from "./suspect.js";

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
    this.passing = null;
    this.isSuggested = false;
  }

  /** The attempt to compare with: one that passed, or null. */
  get other() {
    return this.test.attempts[this.beside?.passing] ?? null;
  }

  /** All that `chunk.py` calls BESIDE, for the attempt that is shown. */
  get choices() {
    return this.test.beside.filter((one) => one.failing === this.attempt.place);
  }

  /** The one of them that was chosen, or the nearest; or null. */
  get beside() {
    const { choices } = this;

    return choices.find((one) => one.passing === this.passing) ?? choices[0] ?? null;
  }

  /** Lays another attempt that passed beside, by its place. */
  compareWith(place) {
    this.passing = place;
    this.dispatchEvent(new Event("beside"));
  }

  /** Shows an attempt, by its place, and suggests what to look at first. */
  choose(place) {
    this.attempt = this.test.attempts[place];
    this.span = null;
    this.dispatchEvent(new Event("attempt"));
    this.select(suspect(this.attempt), null, { isSuggested: true });
  }

  /** Selects a span of the attempt; null for none. A suggestion is not yet an address. */
  select(span, tab = this.tab, { isSuggested = false } = {}) {
    this.span = span;
    this.tab = tab;
    this.isSuggested = isSuggested;
    this.dispatchEvent(new Event("span"));
  }
}
