/** How long a budget's period is, as LiteLLM writes it: `30s`, `30m`, `24h`, `7d`, `2w`, `1mo`. */
export interface Duration {
  readonly count: number;
  readonly unit: DurationUnit;
}

export type DurationUnit = keyof typeof unitMs;

const unitMs = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  // What a month is where no calendar counts.
  mo: 2_592_000_000,
} as const;

const form = /^(\d{1,6})\s*(mo|[smhdw])$/;

/** Longer periods end beyond what dates can say. */
const longestMs = 100 * 366 * unitMs.d;

/** @throws RangeError where the text is none of more than zero and at most a hundred years */
export function parseDuration(text: string): Duration {
  const [, digits, unit] = form.exec(text.trim()) ?? [];
  const duration = { count: Number(digits), unit: unit as DurationUnit };
  if (digits === undefined || duration.count === 0 || lengthMs(duration) > longestMs) {
    throw new RangeError(
      `'${text}' is no duration: expected a number and s, m, h, d, w or mo, such as 30m, 24h, 7d or 1mo`,
    );
  }
  return duration;
}

/** In milliseconds; a month has 30 days. */
export function lengthMs({ count, unit }: Duration): number {
  return count * unitMs[unit];
}
