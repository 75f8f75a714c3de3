export const quarterHourMs = 900_000;

/**
 * The quarter of an hour (UTC) that a moment is charged to, as text that sorts by time: `2026-11-28T22:15`. Every time zone's
 * days, weeks and months are made of whole ones, so that any budget can be told what was spent before anybody had set it.
 * @param atMs milliseconds since 1970
 */
export function spendPeriodAt(atMs: number): string {
  return new Date(Math.floor(atMs / quarterHourMs) * quarterHourMs)
    .toISOString()
    .slice(0, "2026-11-28T22:15".length);
}
