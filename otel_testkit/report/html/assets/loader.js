/**
 * Unpacks the program of the page and the style of what it shows, and lets both be:
 * the policy of the page names them.
 */

const packed = document.getElementById("program").content.textContent;
const bytes = Uint8Array.from(atob(packed), (char) => char.charCodeAt(0));
const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
const texts = await new Response(stream).json();
for (const name of ["style", "script"]) {
  const made = document.createElement(name);
  if (name === "script") made.type = "module";
  made.textContent = texts[name];
  document.head.append(made);
}
