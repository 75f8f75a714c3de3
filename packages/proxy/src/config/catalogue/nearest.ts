/** The candidate with the fewest edits to a name; of equals, the first. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const edits = editsBetween(name.toLowerCase(), candidate.toLowerCase());
    if (edits < fewest) [best, fewest] = [candidate, edits];
  }
  return best;
}

/** A hint to end an error with: `; did you mean "x"?`, or nothing where there are no candidates. */
export function hint(name: string, candidates: Iterable<string>): string {
  const candidate = nearest(name, candidates);
  if (candidate === undefined) return "";
  return isClose(name, candidate)
    ? `; did you mean "${candidate}"?`
    : `; the nearest known one is "${candidate}"`;
}

/** True where two names differ by no more than a slip of the pen or two. */
export function isSlip(name: string, other: string): boolean {
  return name !== other && editsBetween(name.toLowerCase(), other.toLowerCase()) <= 2;
}

/** True where two names differ by so little that one is likely the other misspelt. */
export function isClose(name: string, other: string): boolean {
  return editsBetween(name.toLowerCase(), other.toLowerCase()) <= Math.max(1, Math.floor(other.length / 4));
}

/**
 * Edits (insert, delete, replace, swap neighbours) that turn one name into the other: the optimal string alignment
 * distance, https://en.wikipedia.org/wiki/Damerau–Levenshtein_distance#Optimal_string_alignment_distance
 */
function editsBetween(from: string, to: string): number {
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? 0;
  for (let i = 1; i <= from.length; i++) {
    rows.push([i]);
    for (let j = 1; j <= to.length; j++) {
      const replace = at(i - 1, j - 1) + (from[i - 1] === to[j - 1] ? 0 : 1);
      let edits = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, replace);
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (swapped) edits = Math.min(edits, at(i - 2, j - 2) + 1);
      rows[i]?.push(edits);
    }
  }
  return at(from.length, to.length);
}
