/** A day of the calendar. Months are from 1. Days and months beyond their last one are those of the next month or year. */
export interface CalendarDay {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

const dayMs = 86_400_000;

/** What clocks show in a time zone, and when they show it. */
export class TimeZone {
  readonly #format: Intl.DateTimeFormat;

  /**
   * @param name of the IANA database, such as `Asia/Tokyo`, or `UTC`
   * @throws RangeError for one that is unknown
   */
  constructor(readonly name: string) {
    this.#format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  }

  /** What a clock shows at a moment, as if it were one in UTC. */
  shownAt(atMs: number): number {
    const shown: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(atMs)) shown[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = shown;
    return Date.UTC(year, month - 1, day, hour, minute, second);
  }

  /**
   * When a day reaches so many minutes by its clock. Of a time that comes twice, the first; of one that clocks skip, the
   * moment in which they do.
   */
  reached({ year, month, day }: CalendarDay, minutes: number): number {
    const wanted = Date.UTC(year, month - 1, day, 0, minutes);
    const before = this.#offsetAt(wanted - dayMs);
    const after = this.#offsetAt(wanted + dayMs);
    const moments = [wanted - before, wanted - after].sort((one, other) => one - other);
    return moments.find((moment) => this.shownAt(moment) === wanted) ?? this.#skipping(wanted, moments);
  }

  /** Between the two moments that the offsets before and after tell of, clocks were changed: when a later time is shown. */
  #skipping(wanted: number, [from = 0, to = 0]: readonly number[]): number {
    let [early, late] = [from, to];
    while (late - early > 1_000) {
      const middle = early + Math.floor((late - early) / 2_000) * 1_000;
      if (middle === early) break;
      if (this.shownAt(middle) > wanted) late = middle;
      else early = middle;
    }
    return late;
  }

  #offsetAt(atMs: number): number {
    return this.shownAt(atMs) - Math.floor(atMs / 1_000) * 1_000;
  }
}
