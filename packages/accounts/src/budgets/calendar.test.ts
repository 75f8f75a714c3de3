import fc from "fast-check";
import { BudgetCalendar } from "./calendar.js";

const at = (text: string): number => Date.parse(text);

function periodOf(calendar: BudgetCalendar, duration: string | undefined, moment: string): string[] {
  const window = calendar.windowAt(duration, at(moment));
  if (window.kind !== "period") throw new Error("not a period");
  return [window.startMs, window.endMs].map((ms) => new Date(ms).toISOString().replace(":00.000Z", "Z"));
}

describe("periods of the calendar", () => {
  it.each([
    ["30s", "2026-11-28T10:15:42Z", "2026-11-28T10:15:30.000Z", "2026-11-28T10:16Z"],
    ["30m", "2026-11-28T10:15:42Z", "2026-11-28T10:00Z", "2026-11-28T10:30Z"],
    ["1h", "2026-11-28T10:15:42Z", "2026-11-28T10:00Z", "2026-11-28T11:00Z"],
    ["24h", "2026-11-28T10:15:42Z", "2026-11-28T00:00Z", "2026-11-29T00:00Z"],
    ["1d", "2026-11-28T00:00:00Z", "2026-11-28T00:00Z", "2026-11-29T00:00Z"],
    ["7d", "2026-11-28T10:15:42Z", "2026-11-23T00:00Z", "2026-11-30T00:00Z"],
    ["1w", "2026-11-30T00:00:00Z", "2026-11-30T00:00Z", "2026-12-07T00:00Z"],
    ["30d", "2026-11-28T10:15:42Z", "2026-11-01T00:00Z", "2026-12-01T00:00Z"],
    ["1mo", "2026-12-31T23:59:59Z", "2026-12-01T00:00Z", "2027-01-01T00:00Z"],
    ["3mo", "2026-11-28T10:15:42Z", "2026-10-01T00:00Z", "2027-01-01T00:00Z"],
    ["1mo", "2028-02-29T12:00:00Z", "2028-02-01T00:00Z", "2028-03-01T00:00Z"],
  ])("%s at %s", (duration, moment, start, end) => {
    expect(periodOf(new BudgetCalendar(), duration, moment)).toEqual([start, end]);
  });

  it.each([
    // Nine hours before the day of UTC.
    ["Asia/Tokyo", "1d", "2026-11-28T15:00:00Z", "2026-11-28T15:00Z", "2026-11-29T15:00Z"],
    ["Asia/Tokyo", "1d", "2026-11-28T14:59:59Z", "2026-11-27T15:00Z", "2026-11-28T15:00Z"],
    ["Asia/Tokyo", "7d", "2026-11-29T15:00:00Z", "2026-11-29T15:00Z", "2026-12-06T15:00Z"],
    ["Asia/Tokyo", "1mo", "2026-11-30T15:00:00Z", "2026-11-30T15:00Z", "2026-12-31T15:00Z"],
    // Days of 23 and 25 hours, as clocks are changed.
    ["Europe/Berlin", "1d", "2026-03-29T10:00:00Z", "2026-03-28T23:00Z", "2026-03-29T22:00Z"],
    ["Europe/Berlin", "1d", "2026-10-25T10:00:00Z", "2026-10-24T22:00Z", "2026-10-25T23:00Z"],
    ["Europe/Berlin", "1mo", "2026-03-15T10:00:00Z", "2026-02-28T23:00Z", "2026-03-31T22:00Z"],
    // On the first Sunday of September, clocks go from 24:00 to 01:00: a day without midnight begins with its first hour.
    ["America/Santiago", "1d", "2026-09-06T12:00:00Z", "2026-09-06T04:00Z", "2026-09-07T03:00Z"],
    ["America/Santiago", "1d", "2026-09-06T03:59:59Z", "2026-09-05T04:00Z", "2026-09-06T04:00Z"],
    // On the first Sunday of November, clocks go from 01:00 back to 00:00: a day with two midnights begins with the first.
    ["America/Havana", "1d", "2026-11-01T05:30:00Z", "2026-11-01T04:00Z", "2026-11-02T05:00Z"],
  ])("in %s, %s at %s", (timeZone, duration, moment, start, end) => {
    expect(periodOf(new BudgetCalendar({ timeZone }), duration, moment)).toEqual([start, end]);
  });

  it.each([
    ["1d", "2026-11-28T21:30:00Z", "2026-11-28T21:30Z", "2026-11-29T21:30Z"],
    ["1d", "2026-11-28T21:29:59Z", "2026-11-27T21:30Z", "2026-11-28T21:30Z"],
    ["1mo", "2026-11-30T21:00:00Z", "2026-10-31T21:30Z", "2026-11-30T21:30Z"],
  ])("begin at half past six where that is set: %s at %s", (duration, moment, start, end) => {
    const calendar = new BudgetCalendar({ timeZone: "Asia/Tokyo", resetMinutes: 6 * 60 + 30 });
    expect(periodOf(calendar, duration, moment)).toEqual([start, end]);
  });

  it("never ends without a duration", () => {
    const calendar = new BudgetCalendar();
    expect(calendar.windowAt(undefined, at("2026-11-28T00:00:00Z"))).toMatchObject({ startMs: 0 });
    expect(calendar.resetAt(undefined, at("2026-11-28T00:00:00Z"))).toBeUndefined();
  });

  it("follow one another without gap or overlap, in every zone, and hold the moment they were asked for", () => {
    const zones = [
      "UTC",
      "Asia/Tokyo",
      "Europe/Berlin",
      "America/Santiago",
      "America/Havana",
      "Australia/Lord_Howe",
      "Asia/Kathmandu",
      "Pacific/Apia",
    ];
    const calendars = zones.flatMap((timeZone) =>
      [0, 90].map((resetMinutes) => new BudgetCalendar({ timeZone, resetMinutes })),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...calendars),
        fc.constantFrom("45s", "30m", "5h", "24h", "1d", "3d", "7d", "2w", "30d", "1mo", "5mo"),
        fc.integer({ min: at("2005-01-01T00:00:00Z"), max: at("2037-12-31T00:00:00Z") }),
        (calendar, duration, atMs) => {
          const window = calendar.windowAt(duration, atMs);
          if (window.kind !== "period") throw new Error("not a period");
          expect(window.startMs).toBeLessThanOrEqual(atMs);
          expect(window.endMs).toBeGreaterThan(atMs);
          expect(calendar.windowAt(duration, window.endMs)).toMatchObject({ startMs: window.endMs });
          expect(calendar.windowAt(duration, window.startMs - 1)).toMatchObject({ endMs: window.startMs });
        },
      ),
    );
  });
});

it("rolls where it is told to", () => {
  const calendar = new BudgetCalendar({ reset: "rolling", timeZone: "Asia/Tokyo" });
  expect(calendar.windowAt("1d", 0)).toEqual({ kind: "rolling", ms: 86_400_000 });
  expect(calendar.windowAt("1mo", 0)).toEqual({ kind: "rolling", ms: 30 * 86_400_000 });
  expect(calendar.resetAt("1d", 0)).toBeUndefined();
});

it.each(["", "0d", "d", "1y", "-1d", "1.5h", "999999mo", "1d 2h"])("%j is no duration", (duration) => {
  expect(() => new BudgetCalendar().windowAt(duration, 0)).toThrow("is no duration");
});

it("knows no zone by a wrong name", () => {
  expect(() => new BudgetCalendar({ timeZone: "Asia/Tokio" })).toThrow(RangeError);
});
