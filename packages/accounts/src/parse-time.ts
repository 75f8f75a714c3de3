const form = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(Z|UTC|[+-]\d\d:?\d\d)?)?$/;

/**
 * Milliseconds since 1970 of a time in ISO 8601; UTC where it names no zone. What else `Date` reads, and what it makes of it, depends
 * on where it runs.
 * @returns NaN for what is none
 */
export function parseTime(text: string): number {
  const [found, day = "", time = "00:00", zone = "Z"] = form.exec(text.trim()) ?? [];
  return found === undefined ? Number.NaN : Date.parse(`${day}T${time}${zone === "UTC" ? "Z" : zone}`);
}
