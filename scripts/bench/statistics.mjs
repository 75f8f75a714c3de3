/** @param {number[]} values */
export function median(values) {
  return percentile(values, 0.5);
}

/** @returns {number | undefined} of an even number of values the mean of the two in the middle, and so on */
export function percentile(values, part) {
  if (values.length === 0) return undefined;
  const sorted = Float64Array.from(values).sort();
  const position = (sorted.length - 1) * part;
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  return below + (above - below) * (position % 1);
}

/**
 * What several rounds come to; rounds in which it could not be measured do not count.
 *
 * @param {(number | undefined)[]} values
 * @returns {{ median: number, min: number, max: number } | undefined}
 */
export function overRounds(values) {
  const known = values.filter((value) => Number.isFinite(value));
  if (known.length === 0) return undefined;
  return { median: median(known), min: Math.min(...known), max: Math.max(...known) };
}
