/** What counts of the amounts that were put into a span of time. Amounts go below 0 where something is taken back. */
export interface AmountWindow {
  used(nowMs: number): bigint;

  /** @param atMs when it was admitted; what no longer counts is left as it is */
  add(amount: bigint, atMs: number, nowMs: number): void;

  /** When so much of what counts now will count no more; undefined if there is not so much. */
  returnsAtMs(amount: bigint, nowMs: number): number | undefined;

  /** Nothing of it counts any more, nor will. */
  isOver(nowMs: number): boolean;
}
