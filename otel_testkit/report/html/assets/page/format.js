/**
 * Numbers with their units, as the terminal shows them.
 */

const UNITS = [
  ["s", 1_000_000],
  ["ms", 1000],
  ["µs", 1],
];

/** Tells so many microseconds by two or three digits and their unit. */
export function duration(micros) {
  for (const [unit, one] of UNITS) {
    const amount = micros / one;
    // Not "1000 ms" for 999.6 ms.
    if (amount >= 0.9995) {
      const isShort = amount < 9.95 || (unit === "s" && amount < 99.95);

      return `${amount.toFixed(isShort ? 1 : 0)} ${unit}`;
    }
  }

  return micros <= 0 ? "0 s" : "<1 µs";
}

/** Tells so many bytes. */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`;

  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** Counts things: `3 calls`. */
export function counted(count, noun) {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
