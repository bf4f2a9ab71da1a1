/** What the attempt was tagged with, and where it ran. */

import { pairs } from "../call/pairs.js";
import { copyButton } from "../page/clipboard.js";
import { element } from "../page/dom.js";

// By how their names begin; what begins otherwise is the user's own.
const GROUPS = [
  ["Continuous integration", /^(?:cicd|otel_testkit\.ci)\./],
  ["Version control", /^vcs\./],
  ["Test", /^(?:test|code|otel_testkit|error)\./],
  [
    "Machine and process",
    /^(?:host|os|process|service|telemetry|container|k8s|cloud)\./,
  ],
];

/** Shows tags, environment and ids of the attempt. */
export function tags(selection) {
  const { tags: own, resources, root, trace } = selection.attempt;
  const all = { ...resources[0], ...root.attributes, ...own };
  const ids = [
    ["run", resources[0]["otel_testkit.run.id"]],
    ["trace", trace],
  ].filter(([, value]) => value);

  return element(
    "div",
    {},
    grouped(Object.entries(all)).map(([title, entries], place) =>
      pairs(title, entries, { isOpen: place < 3 }),
    ),
    element(
      "p",
      { class: "ids" },
      ids.map(([name, value]) =>
        element(
          "span",
          {},
          `${name} `,
          element("code", {}, value),
          copyButton("Copy", () => value),
        ),
      ),
    ),
    resources
      .slice(1)
      .map((resource) =>
        pairs(
          `Service ${resource["service.name"] ?? "without a name"}`,
          Object.entries(resource),
          { isOpen: false },
        ),
      ),
  );
}

function grouped(entries) {
  const groups = new Map([["Tags", []], ...GROUPS.map(([title]) => [title, []])]);
  for (const entry of entries) {
    const group = GROUPS.find(([, pattern]) => pattern.test(entry[0]));
    groups.get(group?.[0] ?? "Tags").push(entry);
  }

  return [...groups];
}
