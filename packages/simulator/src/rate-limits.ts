import { z } from "zod";
import type { Clock } from "./clock.js";

/** What one organisation may use. What is not set is not limited. */
export const limitsSchema = z.strictObject({
  requestsPerMinute: z.int().min(0).optional(),
  imagesPerMinute: z.int().min(0).optional(),
  inputImagesPerMinute: z.int().min(0).optional(),
  tokensPerMinute: z.int().min(0).optional(),
  /** Calls under way at once, from their headers to the last byte of their answers. */
  parallelRequests: z.int().min(0).optional(),
});

/** By organisation, by `ORGANISATION/MODEL`, or `*` for organisations that are not named. */
export const limitsByNameSchema = z.record(z.string(), limitsSchema);

export type Limits = z.output<typeof limitsSchema>;
export type LimitsByName = z.output<typeof limitsByNameSchema>;

/** What is counted over time, with the last word of its `x-ratelimit-*` headers. */
export type CountedResource = "requests" | "images" | "input-images" | "tokens";
export type Resource = CountedResource | "parallel requests";

export interface Excess {
  readonly resource: Resource;
  readonly limit: number;
  readonly used: number;
  readonly requested: number;
  /** Milliseconds until the amount would fit; a whole window when it never will. */
  readonly retryAfterMs: number;
}

type Amounts = Partial<Record<CountedResource, number>>;

const limitOf: Readonly<Record<CountedResource, keyof Limits>> = {
  requests: "requestsPerMinute",
  images: "imagesPerMinute",
  "input-images": "inputImagesPerMinute",
  tokens: "tokensPerMinute",
};

const resources = Object.keys(limitOf) as CountedResource[];

/** Nobody knows when a call will end: what is told of it is this simulator's own. */
const parallelRetryAfterMs = 1000;

/**
 * OpenAI limits organisations, not keys: two keys of one organisation share what is here.
 * A rolling window, exact to the clock, where OpenAI's own algorithm is not published: a gateway that stays
 * within this one stays within any. A call counts at the moment when its headers arrived, also what is only known of it
 * when its body is read. A refused request takes nothing (OpenAI counts refused requests too; counting
 * them here would hide how long a gateway really has to wait).
 */
export class RateLimits {
  #limits: LimitsByName;
  readonly #windows = new Map<string, Map<CountedResource, RollingWindow>>();
  readonly #underWay = new Map<string, number>();

  constructor(
    limits: LimitsByName,
    private readonly clock: Clock,
    private readonly windowMs: number,
  ) {
    this.#limits = limits;
  }

  get limits(): LimitsByName {
    return this.#limits;
  }

  /** From now on. What is under way and what was counted goes on counting; what had no limit was not counted. */
  change(limits: LimitsByName): void {
    this.#limits = limits;
  }

  /** A call has arrived: takes one request and one of the parallel requests, or says what was too much. */
  begin(organization: string, arrivedAtMs: number): Excess | undefined {
    const limit = this.#limitsOf(organization).parallelRequests;
    const used = this.#underWay.get(organization) ?? 0;
    if (limit !== undefined && used >= limit) {
      return { resource: "parallel requests", limit, used, requested: 1, retryAfterMs: parallelRetryAfterMs };
    }
    const excess = this.#take([{ name: organization, amounts: { requests: 1 } }], arrivedAtMs);
    if (excess === undefined) this.#underWay.set(organization, used + 1);
    return excess;
  }

  /** A call that has begun is over. */
  end(organization: string): void {
    this.#underWay.set(organization, (this.#underWay.get(organization) ?? 0) - 1);
  }

  /** What a call asks for is understood: takes all of it, or none and says what was too much. */
  take(
    organization: string,
    model: string,
    amounts: Omit<Amounts, "requests">,
    arrivedAtMs: number,
  ): Excess | undefined {
    return this.#take(
      [
        { name: organization, amounts },
        { name: `${organization}/${model}`, amounts: { ...amounts, requests: 1 } },
      ],
      arrivedAtMs,
    );
  }

  /** OpenAI's `x-ratelimit-*` headers of this moment; those of the model count more. */
  headers(organization: string, model: string | null): Record<string, string> {
    const ofModel = model === null ? {} : this.#headersOf(`${organization}/${model}`);
    return { ...this.#headersOf(organization), ...ofModel };
  }

  #headersOf(name: string): Record<string, string> {
    const headers: Record<string, string> = {};
    const now = this.clock.now();
    for (const resource of resources) {
      const limit = this.#limitsOf(name)[limitOf[resource]];
      if (limit === undefined) continue;
      const window = this.#windowOf(name, resource);
      headers[`x-ratelimit-limit-${resource}`] = String(limit);
      headers[`x-ratelimit-remaining-${resource}`] = String(Math.max(0, limit - window.used(now)));
      headers[`x-ratelimit-reset-${resource}`] = goDuration(window.emptyInMs(now));
    }
    return headers;
  }

  #take(claims: readonly { name: string; amounts: Amounts }[], atMs: number): Excess | undefined {
    const now = this.clock.now();
    const limited = claims.flatMap(({ name, amounts }) =>
      resources.flatMap((resource) => {
        const limit = this.#limitsOf(name)[limitOf[resource]];
        const requested = amounts[resource] ?? 0;
        if (limit === undefined || requested === 0) return [];
        return [{ resource, limit, requested, window: this.#windowOf(name, resource) }];
      }),
    );
    for (const { resource, limit, requested, window } of limited) {
      const used = window.mostWith(atMs);
      if (used + requested <= limit) continue;
      const retryAfterMs = Math.ceil(window.fitsInMs(requested, limit, now));
      return { resource, limit, used, requested, retryAfterMs };
    }
    for (const { requested, window } of limited) window.add(requested, atMs);
    return undefined;
  }

  #limitsOf(name: string): Limits {
    return this.#limits[name] ?? (name.includes("/") ? undefined : this.#limits["*"]) ?? {};
  }

  #windowOf(name: string, resource: CountedResource): RollingWindow {
    const windows = this.#windows.get(name) ?? new Map<CountedResource, RollingWindow>();
    this.#windows.set(name, windows);
    const window = windows.get(resource) ?? new RollingWindow(this.windowMs);
    windows.set(resource, window);
    return window;
  }
}

interface Entry {
  readonly atMs: number;
  readonly amount: number;
  /** Of all entries so far, this one included, those that are forgotten too. */
  total: number;
}

/** What was taken when. A window has its first moment and not its last. */
class RollingWindow {
  /** In the order of time. */
  #entries: Entry[] = [];
  #forgotten = 0;

  constructor(private readonly ms: number) {}

  used(now: number): number {
    return this.#sum(this.#firstAfter(now - this.ms), this.#entries.length);
  }

  /**
   * The most that any window with this moment in it holds. Later entries count: a slow body is understood after them.
   * Windows that begin later than the first one with all of them in it only lose.
   */
  mostWith(atMs: number): number {
    let most = 0;
    for (let first = this.#firstAfter(atMs - this.ms); ; first += 1) {
      const startMs = Math.min(this.#entries[first]?.atMs ?? atMs, atMs);
      const end = this.#firstFrom(startMs + this.ms);
      most = Math.max(most, this.#sum(first, end));
      if (end === this.#entries.length || startMs === atMs) return most;
    }
  }

  add(amount: number, atMs: number): void {
    const at = this.#firstAfter(atMs);
    this.#entries.splice(at, 0, { atMs, amount, total: this.#totalBefore(at) });
    for (const entry of this.#entries.slice(at)) entry.total += amount;
    this.#forget(atMs);
  }

  /** Milliseconds until nothing of the window is used. */
  emptyInMs(now: number): number {
    const last = this.#entries.at(-1);
    return last === undefined ? 0 : Math.max(0, last.atMs + this.ms - now);
  }

  /** Milliseconds until so much would fit. */
  fitsInMs(requested: number, limit: number, now: number): number {
    let mustGo = this.used(now) + requested - limit;
    for (let at = this.#firstAfter(now - this.ms); ; at += 1) {
      const entry = this.#entries[at];
      if (entry === undefined) return this.ms;
      mustGo -= entry.amount;
      if (mustGo <= 0) return entry.atMs + this.ms - now;
    }
  }

  /** A second window is kept: of calls that arrived then, some may still be understood. Many go at once. */
  #forget(atMs: number): void {
    if ((this.#entries[0]?.atMs ?? atMs) > atMs - 3 * this.ms) return;
    const kept = this.#firstAfter(atMs - 2 * this.ms);
    this.#forgotten = this.#totalBefore(kept);
    this.#entries = this.#entries.slice(kept);
  }

  #sum(from: number, to: number): number {
    return this.#totalBefore(to) - this.#totalBefore(from);
  }

  #totalBefore(index: number): number {
    return this.#entries[index - 1]?.total ?? this.#forgotten;
  }

  #firstAfter(atMs: number): number {
    return this.#first((entry) => entry.atMs > atMs);
  }

  #firstFrom(atMs: number): number {
    return this.#first((entry) => entry.atMs >= atMs);
  }

  /** By halving: of what is asked, all entries from some moment on are. */
  #first(is: (entry: Entry) => boolean): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const entry = this.#entries[middle];
      if (entry !== undefined && is(entry)) high = middle;
      else low = middle + 1;
    }
    return low;
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
