/**
 * The data of the tests, each packed by itself in a template of the page: JSON, gzip,
 * base64. It is unpacked when somebody looks at it.
 */

/** Gives what the template called `id` holds, or null where it is empty. */
export async function unpacked(id) {
  const packed = document.getElementById(id)?.content.textContent.trim();
  if (!packed) return null;

  const stream = new Blob([bytes(packed)])
    .stream()
    .pipeThrough(new DecompressionStream("gzip"));

  return await new Response(stream).json();
}

function bytes(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);

  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}
