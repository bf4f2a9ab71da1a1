/** The waterfall of an attempt: all its spans as a tree, each with a bar by time. */

import { element } from "../page/dom.js";
import { address } from "../page/route.js";
import { whenSized } from "../page/sized.js";
import { failingWindow } from "../test/suspect.js";
import { mark } from "./axis.js";
import { rowElement } from "./bars.js";
import { criticalPath } from "./criticalpath.js";
import { filters } from "./filters.js";
import { pressed, stepped } from "./keys.js";
import { Listing, MOST_PLAIN } from "./listing.js";
import { minimap } from "./minimap.js";
import { hasBelow, isGroup, rowsOf, shown } from "./rows.js";
import { spanned, whole, within, zoomed } from "./scale.js";
import { finder, pills, zooms } from "./tools.js";

// Fewer rows are taken in at once: no part needs to be singled out.
const MANY_ROWS = 40;

/** Makes the timeline of the attempt that is chosen. */
export function timeline(selection, signal) {
  return new Timeline(selection, signal).element;
}

class Timeline {
  constructor(selection, signal) {
    const { attempt } = selection;
    this.selection = selection;
    this.rows = rowsOf(attempt);
    this.rowAt = [];
    for (const row of this.rows) {
      if (!isGroup(row)) this.rowAt[row.spans[0].index] = row;
    }
    this.path = criticalPath(attempt.root);
    this.all = whole(attempt);
    this.failing = failingWindow(attempt);
    this.filters = filters(attempt, this.path, this.all);
    this.filter = this.filters.at(-1);
    [this.active] = this.rows;
    this.build(signal);
    this.listen(signal);
    this.view(this.first());
  }

  build(signal) {
    this.box = element("div", { class: "box" });
    const ways = {
      make: (row) => this.drawn(row),
      dress: (row, one) => this.dress(row, one),
    };
    this.listing = new Listing(this.box, ways, signal);
    this.axis = element("span", { class: "plot axis" });
    this.lines = element("span", { class: "plot" });
    this.told = element("p", { class: "shown", role: "status" });
    this.pills = pills(this);
    this.finder = finder(this);
    this.map = minimap(this.rows, this.all, (part) => this.view(part), signal);
    this.box.append(
      element(
        "div",
        { class: "head row", "aria-hidden": "true" },
        ["Name", "Status", "Took"].map((text) => element("span", {}, text)),
        this.axis,
      ),
      element("div", { class: "lines row", "aria-hidden": "true" }, this.lines),
      this.listing.list,
    );
    const { lost } = this.selection.attempt;
    this.element = element(
      "div",
      { class: "waterfall" },
      element("div", { class: "tools" }, this.pills, this.finder, zooms(this)),
      this.map,
      lost && element("p", { class: "lost" }, lost),
      this.told,
      this.box,
    );
  }

  listen(signal) {
    this.selection.addEventListener("span", () => this.follow(), { signal });
    const { list } = this.listing;
    list.addEventListener("click", (event) => this.clicked(event));
    list.addEventListener("focusin", (event) => this.rove(this.rowOf(event.target)));
    this.element.addEventListener("keydown", (event) => pressed(this, event));
    document.addEventListener("keydown", (event) => stepped(this, event), { signal });
    addEventListener("beforeprint", () => this.update(true), { signal });
    addEventListener("afterprint", () => this.update(), { signal });
    const settle = () => {
      mark(this, this.shows);
      this.show(this.selected);
    };
    whenSized(this.axis, settle, signal);
  }

  /** Gives the part to begin with: of a long attempt that where it failed. */
  first() {
    const { failing, all } = this;
    const isPart = failing && (failing.to - failing.from) * 3 < all.to - all.from;

    return isPart && this.rows.length > MANY_ROWS ? failing : all;
  }

  drawn(row) {
    const [span] = row.spans;
    const { anchor, attempt } = this.selection;
    const name = ({ resource }) => attempt.resources[resource]?.["service.name"];
    const isOther = name(span) !== name(span.parent ?? span);
    const to = { test: anchor, attempt: attempt.number, span: span.id };

    return rowElement(row, {
      id: `${anchor}-${attempt.place}-${row.place}`,
      link: attempt.run ? null : address(to),
      path: this.path,
      service: isOther && name(span),
    });
  }

  dress(row, one) {
    one.tabIndex = row === this.active ? 0 : -1;
    one.setAttribute("aria-selected", String(row === this.selected));
    if (hasBelow(row)) one.setAttribute("aria-expanded", String(!row.isClosed));
    one.classList.toggle("beside", !row.isMatch);
  }

  /** Shows a part of the time, and the rows that have to do with it. */
  view(part) {
    this.shows = within(this.all, part);
    this.update();
  }

  /** Zooms about the row that has the focus. */
  zoom(factor) {
    const { shows } = this;
    const [{ at: began, end }] = this.active.spans;
    const middle = (Math.max(began, shows.from) + Math.min(end, shows.to)) / 2;
    const about = Math.min(Math.max(middle, shows.from), shows.to);
    this.view(zoomed(shows, factor, about));
  }

  /** Chooses the rows: on paper all, else those that the filter and the time leave. */
  update(isPrinted = false) {
    const { from, to } = isPrinted ? this.all : this.shows;
    const sought = this.finder.value.toLowerCase();
    const belongs = (span) =>
      span.at <= to &&
      span.end >= from &&
      this.filter.has(span) &&
      span.summary.toLowerCase().includes(sought);
    const matches = isPrinted ? this.printed() : (row) => row.spans.some(belongs);
    const rows = shown(this.rows, matches, { isOpen: isPrinted });
    this.pills.forEach((pill, place) => {
      pill.setAttribute("aria-pressed", String(this.filters[place] === this.filter));
    });
    mark(this, { from, to });
    const isWhole = to - from === this.all.to - this.all.from;
    this.told.textContent = isWhole
      ? ""
      : `From ${spanned({ from, to })}: what ran then.`;
    const hasFocus = this.listing.list.contains(document.activeElement);
    const left = new Set(rows);
    const near = [this.active, ...above(this.active)].find((row) => left.has(row));
    this.active = near ?? rows[0] ?? this.active;
    this.listing.show(rows, this.active, isPrinted);
    if (hasFocus) this.focus(this.active);
    else this.show(this.active);
  }

  /** Tells what goes to paper: all rows, or of too many those that failed. */
  printed() {
    const [errors] = this.filters;
    const isLong = this.rows.length > MOST_PLAIN;

    return (row) => !isLong || row.spans.some(errors.has);
  }

  /** Marks what is selected; rows unfold on the way there, but not for a suggestion. */
  follow() {
    const { span, isSuggested } = this.selection;
    this.selected = null;
    if (span) this.select(this.rowAt[span.index], span, isSuggested);
    this.listing.held = this.active;
    this.listing.draw();
    this.show(this.selected);
  }

  select(own, span, isSuggested) {
    const closed = above(own).filter((row) => row.isClosed);
    const outer = closed.at(-1);
    const isStanding = outer && (isSuggested || outer.spans[0] === span);
    this.selected = isStanding ? outer : own;
    this.active = this.selected;
    if (!isStanding) for (const row of closed) row.isClosed = false;
    if (closed.length && !isStanding) this.update();
    if (this.listing.places.has(this.selected)) return;
    this.filter = this.filters.at(-1);
    this.finder.value = "";
    this.view(this.all);
  }

  show(row) {
    if (this.box.clientHeight && this.listing.places.has(row)) this.listing.reveal(row);
  }

  /** Gives the row that an element belongs to. */
  rowOf(target) {
    return this.rows[target.closest("[role=treeitem]")?.id.split("-").at(-1)];
  }

  /** Lets a row be the one that the focus comes back to. */
  rove(row) {
    if (row === this.active && row === this.listing.held) return;
    this.active = row;
    this.listing.held = row;
    this.listing.draw();
  }

  focus(row) {
    if (!row) return;
    this.rove(row);
    this.show(row);
    this.listing.made.get(row)?.focus({ preventScroll: true });
  }

  turn(row, isClosed) {
    if (!hasBelow(row)) return;
    row.isClosed = isClosed;
    this.update();
  }

  clicked({ target }) {
    const row = this.rowOf(target);
    if (!row || target.closest("a")) return;
    if (target.closest(".fold")) {
      this.focus(row);
      this.turn(row, !row.isClosed);
      return;
    }
    this.focus(row);
    const log = this.selection.attempt.logs[target.dataset.log];
    if (log) this.selection.select(log.span, "logs");
    else this.selection.select(row.spans[0]);
  }
}

function above(row) {
  const found = [];
  for (let one = row.above; one; one = one.above) found.push(one);

  return found;
}
