/**
 * Begins: shows the run, and each test when somebody comes to it.
 */

import { bar } from "./page/bar.js";
import { route } from "./page/route.js";
import { list } from "./run/list.js";
import { article } from "./test/article.js";
import { unpacked } from "./test/chunks.js";
import { show } from "./test/test.js";

async function begin() {
  bar();
  const entries = await unpacked("index");
  const isSingle = document.body.classList.contains("single");
  const run = isSingle ? null : list(entries);
  const alone = isSingle ? `case-${entries[0].place}` : null;

  const follow = async () => {
    const to = route();
    const anchor = to.test ?? alone;
    const entry = entries.find((one) => `case-${one.place}` === anchor);
    for (const one of document.querySelectorAll("article.test")) one.hidden = true;
    run?.at(entry ?? null, to.query);
    document.body.classList.toggle("at-test", Boolean(entry));
    if (!entry) return;

    const shown = article(entry);
    shown.hidden = false;
    await show(shown, to);
  };
  addEventListener("hashchange", follow);
  await follow();
  document.body.classList.add("alive");
}

begin();
