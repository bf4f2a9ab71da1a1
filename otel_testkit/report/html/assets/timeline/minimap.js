/** All of an attempt as a small picture, to choose from it what is shown. */

import { element } from "../page/dom.js";
import { whenSized } from "../page/sized.js";
import { isFailing, sort } from "./rows.js";

// Pixels that tell a drag from a click.
const DRAG = 4;

/** Makes the picture; `choose` is told the window that somebody drags open. */
export function minimap(rows, all, choose, signal) {
  const canvas = element("canvas");
  const box = element(
    "div",
    {
      class: "minimap",
      "aria-hidden": "true",
      title: "Drag to zoom, click for all",
    },
    canvas,
    element("i", { class: "window" }),
  );
  const draw = () => canvas.clientWidth && picture(canvas, rows, all);
  whenSized(box, draw, signal);
  const themes = new MutationObserver(draw);
  themes.observe(document.documentElement, { attributes: true });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw, {
    signal,
  });
  signal.addEventListener("abort", () => themes.disconnect());
  drag(box, all, choose);

  return box;
}

function drag(box, all, choose) {
  let began = null;
  let isDragged = false;
  const time = (x) => {
    const { left, width } = box.getBoundingClientRect();
    const part = Math.min(Math.max((x - left) / width, 0), 1);

    return all.from + part * (all.to - all.from);
  };
  const follow = ({ clientX }) => {
    if (began === null) return;
    isDragged ||= Math.abs(clientX - began) >= DRAG;
    if (!isDragged) return;
    const [from, to] = [time(began), time(clientX)].sort((one, other) => one - other);
    choose({ from, to });
  };
  box.addEventListener("pointerdown", (event) => {
    began = event.clientX;
    isDragged = false;
    box.setPointerCapture(event.pointerId);
  });
  box.addEventListener("pointermove", follow);
  box.addEventListener("pointercancel", () => {
    began = null;
  });
  box.addEventListener("pointerup", () => {
    began = null;
    if (!isDragged) choose(all);
  });
}

function picture(canvas, rows, all) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const dense = devicePixelRatio || 1;
  canvas.width = width * dense;
  canvas.height = height * dense;
  const pen = canvas.getContext("2d");
  pen.scale(dense, dense);
  const looks = getComputedStyle(canvas);
  const thick = Math.min(Math.max(height / rows.length, 1), 4);
  const bars = (name, least, belongs) => {
    canvas.style.color = `var(${name})`;
    pen.fillStyle = looks.color;
    for (const row of rows) {
      if (!belongs(row)) continue;
      const top = (row.place / rows.length) * (height - thick);
      for (const { at, end } of row.spans) {
        const left = ((at - all.from) / (all.to - all.from)) * width;
        const long = ((end - at) / (all.to - all.from)) * width;
        pen.fillRect(left, top, Math.max(long, least), thick);
      }
    }
  };
  const isCall = ({ spans: [span] }) => ["call", "server"].includes(sort(span));
  bars("--bar-quiet", 1, (row) => !isCall(row) && !isFailing(row));
  bars("--bar", 1, (row) => isCall(row) && !isFailing(row));
  bars("--bar-bad", 2, (row) => isFailing(row) && row.above);
}
