import { EasedLimit } from "./eased-limit.js";
import type { ToldLimit } from "./rate-limit-headers.js";

/**
 * For so long no more is admitted than there was room for: a window. Who looks 15 s back only meets twice as many refusals,
 * since somebody else's use goes up and down, and uses no more of the limit.
 */
const roomMs = 60_000;

/**
 * The upstream counts a little sooner or later than we do: so much less than the limit is no sign of somebody else. Where
 * there is somebody else, this share of the limit is left free, since otherwise both would run for every place that comes
 * free, and one of them be refused.
 */
const slack = 0.05;

/** A limit is a setting of the upstream: it changes once in months. */
const limitMs = 600_000;

/** A constraint on admission. */
export interface Constraint {
  readonly limit: bigint;
  readonly forMs: number;
}

export interface ToldOfMeter {
  readonly told: ToldLimit;
  /** What we had taken of the meter, by our own count: when the answer's attempt was admitted or now, whichever is more. */
  readonly used: bigint;
  readonly startedAtMs: number;
  readonly nowMs: number;
}

interface Room {
  readonly limit: bigint;
  readonly untilMs: number;
}

type Kind = "limit" | "room" | "eased";

/** What is known of one meter of an upstream. */
export class LearnedMeter {
  readonly #eased = new EasedLimit();
  readonly #issued = new Map<
    Kind,
    { readonly limit: bigint; readonly atMs: number; readonly untilMs: number }
  >();
  readonly #differences = new Set<"lower" | "higher">();
  #newestStartMs = Number.NEGATIVE_INFINITY;
  #limit: bigint | undefined;
  #room: Room | undefined;

  constructor(private readonly configured: bigint) {}

  /**
   * Nobody knows whether an upstream writes these headers when it begins or when it ends. What we used at the fuller of the
   * two moments, and what remained, is never less than what there was room for.
   * @returns the upstream's limit, where it differs from the configured one and has not been told before
   */
  noteTold({
    told: { limit, remaining, resetMs },
    used,
    startedAtMs,
    nowMs,
  }: ToldOfMeter): bigint | undefined {
    if (startedAtMs < this.#newestStartMs) return undefined;
    this.#newestStartMs = startedAtMs;
    if (limit !== undefined) this.#limit = BigInt(limit);
    this.#room =
      remaining === undefined
        ? undefined
        : this.#roomFor(used + BigInt(remaining), nowMs + Math.min(resetMs ?? roomMs, roomMs));
    return this.#difference();
  }

  /** The upstream has refused what should have fitted. */
  noteRefusal(startedAtMs: number, nowMs: number): void {
    this.#eased.refused(startedAtMs, nowMs);
  }

  /** What admission is to be told now: what is tighter than what it was told, or ends before long. */
  constraints(nowMs: number): Constraint[] {
    const share = this.#eased.shareAt(nowMs);
    return [
      this.#toIssue("limit", this.#limit, nowMs + limitMs, nowMs),
      this.#toIssue("room", this.#room?.limit, this.#room?.untilMs ?? nowMs, nowMs),
      this.#toIssue(
        "eased",
        share < 1 ? atLeastOne(Number(this.configured) * share) : undefined,
        nowMs + this.#eased.stepMs(nowMs),
        nowMs,
      ),
    ].flatMap((constraint) => constraint ?? []);
  }

  /** Admission does not know of any. */
  forgetConstraints(): void {
    this.#issued.clear();
  }

  #toIssue(kind: Kind, limit: bigint | undefined, untilMs: number, nowMs: number): Constraint | undefined {
    if (limit === undefined || limit >= this.configured || untilMs <= nowMs) return undefined;
    const issued = this.#issued.get(kind);
    const holds = issued !== undefined && nowMs < issued.untilMs && issued.limit <= limit;
    // Half of its time is left: the next answer is soon enough.
    if (holds && nowMs < issued.atMs + (issued.untilMs - issued.atMs) / 2) return undefined;
    if (holds && untilMs <= issued.untilMs) return undefined;
    this.#issued.set(kind, { limit, atMs: nowMs, untilMs });
    return { limit, forMs: untilMs - nowMs };
  }

  #roomFor(room: bigint, untilMs: number): Room | undefined {
    const limit = this.#limit !== undefined && this.#limit < this.configured ? this.#limit : this.configured;
    const spare = BigInt(Math.max(1, Math.floor(Number(limit) * slack)));
    if (room >= limit - spare) return undefined;
    return { limit: room > spare ? room - spare : 0n, untilMs };
  }

  #difference(): bigint | undefined {
    if (this.#limit === undefined || this.#limit === this.configured) return undefined;
    const way = this.#limit < this.configured ? "lower" : "higher";
    if (this.#differences.has(way)) return undefined;
    this.#differences.add(way);
    return this.#limit;
  }
}

/** So that something is tried, and heard. */
function atLeastOne(limit: number): bigint {
  return BigInt(Math.max(1, Math.floor(limit)));
}
