import { type Duration, lengthMs, parseDuration } from "./duration.js";
import { type CalendarDay, TimeZone } from "./time-zone.js";

/** The window that a budget counts in; the router's admission knows the same. */
export type BudgetWindowNow =
  | { readonly kind: "rolling"; readonly ms: number }
  /** From `startMs` until before `endMs`, in milliseconds since 1970. */
  | { readonly kind: "period"; readonly startMs: number; readonly endMs: number };

export interface CalendarOptions {
  /** Of the IANA database; UTC where nothing is said. */
  readonly timeZone?: string;
  /** By the clock of the time zone, in minutes; midnight where nothing is said. */
  readonly resetMinutes?: number;
  /** `calendar`: periods that begin with a day, a week, a month. `rolling`: any span of the duration. */
  readonly reset?: "calendar" | "rolling";
}

/** What never ends. In milliseconds since 1970; the last one that a date can have. */
const forEverMs = 8_640_000_000_000_000;

const daysFrom1970 = (day: CalendarDay): number => Date.UTC(day.year, day.month - 1, day.day) / 86_400_000;

/**
 * When budgets begin anew. The periods of a duration follow from the duration alone, whoever has the budget and whenever
 * they got it; nothing has to happen for one to end.
 *
 * As with LiteLLM: `1d` and `24h` begin at midnight, `7d` and `1w` on Monday, `30d` and `1mo` with the month. Further days,
 * weeks and months go in groups of their number, counted from 1970; what is shorter than a day has the same length always.
 */
export class BudgetCalendar {
  readonly #zone: TimeZone;
  readonly #resetMinutes: number;
  readonly #reset: "calendar" | "rolling";
  /** Of each duration the last window that was asked for: as a rule, it is asked for again. */
  readonly #known = new Map<string, BudgetWindowNow>();

  /** @throws RangeError for an unknown time zone */
  constructor({ timeZone = "UTC", resetMinutes = 0, reset = "calendar" }: CalendarOptions = {}) {
    this.#zone = new TimeZone(timeZone);
    this.#resetMinutes = resetMinutes;
    this.#reset = reset;
  }

  /**
   * The window that a moment belongs to.
   * @param duration absent: for ever
   * @throws RangeError for what is no duration
   */
  windowAt(duration: string | undefined, atMs: number): BudgetWindowNow {
    if (duration === undefined) return { kind: "period", startMs: 0, endMs: forEverMs };
    const known = this.#known.get(duration);
    if (known !== undefined && contains(known, atMs)) return known;
    const window = this.#windowAt(parseDuration(duration), atMs);
    if (this.#known.size >= mostKnown) this.#known.clear();
    this.#known.set(duration, window);
    return window;
  }

  /** When the window ends, and another begins; `undefined` where it never does, or does so all the time. */
  resetAt(duration: string | undefined, atMs: number): number | undefined {
    const window = this.windowAt(duration, atMs);
    return window.kind === "period" && window.endMs < forEverMs ? window.endMs : undefined;
  }

  #windowAt(duration: Duration, atMs: number): BudgetWindowNow {
    if (this.#reset === "rolling") return { kind: "rolling", ms: lengthMs(duration) };
    const { count, unit } = this.#inDays(duration);
    if (unit === "mo") return this.#months(count, atMs);
    // 1970-01-05 was a Monday.
    if (unit === "w") return this.#days(7 * count, 4, atMs);
    if (unit === "d") return this.#days(count, 0, atMs);
    const length = lengthMs({ count, unit });
    const startMs = Math.floor(atMs / length) * length;
    return { kind: "period", startMs, endMs: startMs + length };
  }

  /** What people mean who write a day, a week or a month in smaller units. */
  #inDays({ count, unit }: Duration): Duration {
    if (unit === "h" && count % 24 === 0) return this.#inDays({ count: count / 24, unit: "d" });
    if (unit === "d" && count === 7) return { count: 1, unit: "w" };
    if (unit === "d" && count === 30) return { count: 1, unit: "mo" };
    return { count, unit };
  }

  #days(count: number, first: number, atMs: number): BudgetWindowNow {
    const index = daysFrom1970(this.#dayOf(atMs));
    const start = Math.floor((index - first) / count) * count + first;
    return this.#between(
      { year: 1970, month: 1, day: 1 + start },
      { year: 1970, month: 1, day: 1 + start + count },
    );
  }

  #months(count: number, atMs: number): BudgetWindowNow {
    const { year, month } = this.#dayOf(atMs);
    const index = (year - 1970) * 12 + month - 1;
    const start = Math.floor(index / count) * count;
    return this.#between(
      { year: 1970, month: 1 + start, day: 1 },
      { year: 1970, month: 1 + start + count, day: 1 },
    );
  }

  #between(first: CalendarDay, end: CalendarDay): BudgetWindowNow {
    return {
      kind: "period",
      startMs: this.#zone.reached(first, this.#resetMinutes),
      endMs: this.#zone.reached(end, this.#resetMinutes),
    };
  }

  /** The day that a moment is charged to: before the time of the reset, it is the day before. */
  #dayOf(atMs: number): CalendarDay {
    const shown = new Date(this.#zone.shownAt(atMs));
    const day = { year: shown.getUTCFullYear(), month: shown.getUTCMonth() + 1, day: shown.getUTCDate() };
    const begins = this.#zone.reached(day, this.#resetMinutes);
    if (begins <= atMs) return day;
    const before = new Date(Date.UTC(day.year, day.month - 1, day.day - 1));
    return {
      year: before.getUTCFullYear(),
      month: before.getUTCMonth() + 1,
      day: before.getUTCDate(),
    };
  }
}

/** Whoever names ever new durations must not fill the memory. */
const mostKnown = 100;

function contains(window: BudgetWindowNow, atMs: number): boolean {
  return window.kind === "rolling" || (window.startMs <= atMs && atMs < window.endMs);
}
