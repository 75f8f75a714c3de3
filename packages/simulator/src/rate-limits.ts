import type { Clock } from "./clock.js";

/** What one organisation may use within any 60 seconds. What is not set is not limited. */
export interface Limits {
  readonly requestsPerMinute?: number | undefined;
  readonly imagesPerMinute?: number | undefined;
  readonly tokensPerMinute?: number | undefined;
}

export type Resource = "requests" | "images" | "tokens";

export interface Excess {
  readonly resource: Resource;
  readonly limit: number;
  readonly used: number;
  readonly requested: number;
  /** Milliseconds until the amount would fit; a full minute when it never will. */
  readonly retryAfterMs: number;
}

const windowMs = 60_000;

/**
 * OpenAI limits organisations, not keys: two keys of one organisation share what is here.
 * A rolling window, exact to the millisecond, where OpenAI's own algorithm is not published: a gateway that stays
 * within this one stays within any. A refused request takes nothing (OpenAI counts refused requests too; counting
 * them here would hide how long a gateway really has to wait).
 */
export class RateLimits {
  readonly #windows = new Map<string, Record<Resource, RollingWindow | undefined>>();

  constructor(
    private readonly limits: ReadonlyMap<string, Limits>,
    private readonly clock: Clock,
  ) {}

  /** Takes all the amounts, or none and says what was too much. */
  take(organization: string, amounts: Partial<Record<Resource, number>>): Excess | undefined {
    const now = this.clock.now();
    const windows = this.#windowsOf(organization);
    for (const resource of resources) {
      const excess = windows[resource]?.excess(resource, amounts[resource] ?? 0, now);
      if (excess !== undefined) return excess;
    }
    for (const resource of resources) windows[resource]?.add(amounts[resource] ?? 0, now);
    return undefined;
  }

  /** OpenAI's `x-ratelimit-*` headers of this moment. */
  headers(organization: string): Record<string, string> {
    const headers: Record<string, string> = {};
    const now = this.clock.now();
    const windows = this.#windowsOf(organization);
    for (const resource of resources) {
      const window = windows[resource];
      if (window === undefined) continue;
      headers[`x-ratelimit-limit-${resource}`] = String(window.limit);
      headers[`x-ratelimit-remaining-${resource}`] = String(Math.max(0, window.limit - window.used(now)));
      headers[`x-ratelimit-reset-${resource}`] = goDuration(window.emptyInMs(now));
    }
    return headers;
  }

  #windowsOf(organization: string): Record<Resource, RollingWindow | undefined> {
    const known = this.#windows.get(organization);
    if (known !== undefined) return known;
    const limits = this.limits.get(organization) ?? this.limits.get("*") ?? {};
    const windowFor = (limit: number | undefined) =>
      limit === undefined ? undefined : new RollingWindow(limit);
    const windows = {
      requests: windowFor(limits.requestsPerMinute),
      images: windowFor(limits.imagesPerMinute),
      tokens: windowFor(limits.tokensPerMinute),
    };
    this.#windows.set(organization, windows);
    return windows;
  }
}

const resources: readonly Resource[] = ["requests", "images", "tokens"];

class RollingWindow {
  #entries: { readonly atMs: number; readonly amount: number }[] = [];
  #used = 0;

  constructor(readonly limit: number) {}

  used(now: number): number {
    const firstAlive = this.#entries.findIndex((entry) => entry.atMs + windowMs > now);
    const gone = this.#entries.splice(0, firstAlive < 0 ? this.#entries.length : firstAlive);
    for (const entry of gone) this.#used -= entry.amount;
    return this.#used;
  }

  add(amount: number, now: number): void {
    if (amount === 0) return;
    this.#entries.push({ atMs: now, amount });
    this.#used += amount;
  }

  excess(resource: Resource, requested: number, now: number): Excess | undefined {
    const used = this.used(now);
    if (requested === 0 || used + requested <= this.limit) return undefined;
    return { resource, limit: this.limit, used, requested, retryAfterMs: this.#fitsInMs(requested, now) };
  }

  /** Milliseconds until nothing of the window is used. */
  emptyInMs(now: number): number {
    const last = this.#entries.at(-1);
    return last === undefined ? 0 : Math.max(0, last.atMs + windowMs - now);
  }

  #fitsInMs(requested: number, now: number): number {
    let mustGo = this.#used + requested - this.limit;
    for (const entry of this.#entries) {
      mustGo -= entry.amount;
      if (mustGo <= 0) return entry.atMs + windowMs - now;
    }
    return windowMs;
  }
}

/** A duration as Go prints it, which is how OpenAI tells resets: `0s`, `120ms`, `59.5s`, `1m0s`. */
export function goDuration(durationMs: number): string {
  const whole = Math.ceil(durationMs);
  if (whole === 0) return "0s";
  if (whole < 1000) return `${whole}ms`;
  const minutes = Math.floor(whole / 60_000);
  const seconds = (whole % 60_000) / 1000;
  const hours = Math.floor(minutes / 60);
  if (hours > 0) return `${hours}h${minutes % 60}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}
