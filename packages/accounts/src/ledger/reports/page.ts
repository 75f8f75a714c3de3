/** A part of a list. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** For the page behind this one; absent at the end. */
  readonly next?: string;
}

export interface PageRequest {
  /** 1 to 1,000. */
  readonly limit: number;
  /** `newest` first, unless said otherwise. */
  readonly order?: "newest" | "oldest";
  /** Of attempts: rows that are left out first. */
  readonly skip?: number;
  /** The `next` of the page before. */
  readonly after?: string;
}

/** Where a page ended: the time of its last row, and the row's number among those of one time. */
export interface PageEnd {
  readonly timeMs: number;
  readonly number: number;
}

const form = /^(\d{1,16})\.(\d{1,16})$/;

/** Whether a text can be the `next` of a page. */
export function isPageEnd(text: string): boolean {
  return form.test(text);
}

/** @throws RangeError where the text was never the `next` of a page */
export function pageEndFrom(text: string): PageEnd {
  const [, timeMs, number] = form.exec(text) ?? [];
  if (timeMs === undefined) throw new RangeError("after is not the end of a page");
  return { timeMs: Number(timeMs), number: Number(number) };
}

/** @param rows one more than the limit, where there are so many */
export function pageOf<Row extends { readonly number: number }, Shown>(
  rows: readonly Row[],
  limit: number,
  timeOf: (row: Row) => number,
  shown: (row: Row) => Shown,
): Page<Shown> {
  const taken = rows.slice(0, limit);
  const last = taken.at(-1);
  return {
    rows: taken.map(shown),
    ...(rows.length > limit && last !== undefined ? { next: `${timeOf(last)}.${last.number}` } : {}),
  };
}
