/** Keys of the whole page, wherever the focus is and nobody writes. */

const WRITES = "input, textarea, select, [contenteditable], dialog[open]";
// There the arrows have a meaning of their own.
const MOVES =
  '[role="tree"], [role="treegrid"], [role="grid"], [role="tablist"], [role="listbox"], pre';

/** Calls what `bindings` has for a key that is pressed, as {key: function}. */
export function listen(bindings) {
  document.addEventListener("keydown", (event) => {
    const isChord = event.ctrlKey || event.metaKey || event.altKey;
    const isAltGr = event.getModifierState("AltGraph");
    if (event.defaultPrevented || (isChord && !isAltGr)) return;
    if (event.target.closest?.(WRITES)) return;
    const isMove = event.key.startsWith("Arrow");
    if (isMove && (event.shiftKey || event.target.closest?.(MOVES))) return;
    if (bindings[event.key]?.() === true) event.preventDefault();
  });
}
