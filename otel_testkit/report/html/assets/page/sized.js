/** Calls `act` once an element has a width, and whenever it has another. */
export function whenSized(one, act, signal) {
  let width = 0;
  const watching = new ResizeObserver(() => {
    if (one.clientWidth === width) return;
    width = one.clientWidth;
    // Not at once: what is drawn may be of another size again.
    if (width) requestAnimationFrame(act);
  });
  watching.observe(one);
  signal.addEventListener("abort", () => watching.disconnect());
}
