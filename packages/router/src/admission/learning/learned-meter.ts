import { EasedLimit } from "./eased-limit.js";
import type { ToldLimit } from "./rate-limit-headers.js";

/** For so long no more is admitted than there was room for. A part of the minute in which it all changes. */
export const roomMs = 15_000;

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
  readonly used: number;
  readonly startedAtMs: number;
  readonly nowMs: number;
}

type Kind = "limit" | "room" | "eased";

/** What is known of one meter of an upstream. */
export class LearnedMeter {
  readonly #eased = new EasedLimit();
  readonly #issued = new Map<Kind, { readonly limit: bigint; readonly atMs: number; readonly untilMs: number }>();
  readonly #differences = new Set<"lower" | "higher">();
  #newestStartMs = Number.NEGATIVE_INFINITY;
  #limit: bigint | undefined;
  #room: { readonly limit: bigint; readonly untilMs: number } | undefined;

  constructor(private readonly configured: bigint) {}

  /**
   * Whether the upstream counted an attempt before it answered or when it began to, nobody knows. Ours at the fuller moment
   * and what remains are never less than what there is room for, whichever it was.
   * @returns the upstream's limit, where it differs from the configured one and has not been told before
   */
  noteTold({ told: { limit, remaining, resetMs }, used, startedAtMs, nowMs }: ToldOfMeter): bigint | undefined {
    if (startedAtMs < this.#newestStartMs) return undefined;
    this.#newestStartMs = startedAtMs;
    if (limit !== undefined) this.#limit = BigInt(limit);
    this.#room =
      remaining === undefined
        ? undefined
        : {
            limit: BigInt(Math.floor(used) + remaining),
            untilMs: nowMs + Math.min(resetMs ?? roomMs, roomMs),
          };
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

  #toIssue(
    kind: Kind,
    limit: bigint | undefined,
    untilMs: number,
    nowMs: number,
  ): Constraint | undefined {
    if (limit === undefined || limit >= this.configured || untilMs <= nowMs) return undefined;
    const issued = this.#issued.get(kind);
    const holds = issued !== undefined && nowMs < issued.untilMs && issued.limit <= limit;
    // Half of its time is left: the next answer is soon enough.
    if (holds && nowMs < issued.atMs + (issued.untilMs - issued.atMs) / 2) return undefined;
    if (holds && untilMs <= issued.untilMs) return undefined;
    this.#issued.set(kind, { limit, atMs: nowMs, untilMs });
    return { limit, forMs: untilMs - nowMs };
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
