/** The run page: its tests, found by outcome and by search. */

export function list(entries) {
  return { hide(is) { document.getElementById("run").hidden = is; }, entries };
}
