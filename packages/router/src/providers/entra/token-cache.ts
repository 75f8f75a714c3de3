import type { Stop } from "../../retries/stop.js";
import type { IssuedToken } from "./issue-token.js";

/** A token is renewed so long before its end, or after half its life where that is sooner. */
const renewBeforeEndMs = 5 * 60_000;

/** It is not used in the last moments of its life: a long upload must arrive before it ends. */
const unusedAtEndMs = 30_000;

/** So long nobody asks again after a failure: a storm of edits must not become a storm of questions. */
const failureHoldsMs = 1_000;

/**
 * The token of one application. It is renewed in good time, while edits go on with the one there is; they wait only where
 * there is none. All who wait do so for one question.
 */
export class TokenCache {
  #value: string | undefined;
  #renewAtMs = 0;
  #unusedFromMs = 0;
  #asking: Promise<string> | undefined;
  #failure: { readonly error: unknown; readonly untilMs: number } | undefined;

  constructor(
    private readonly issue: () => Promise<IssuedToken>,
    private readonly nowMs: () => number,
  ) {}

  /** The token, where there is one. */
  now(): string | undefined {
    const nowMs = this.nowMs();
    if (this.#value === undefined || nowMs >= this.#unusedFromMs) return undefined;
    if (nowMs >= this.#renewAtMs) this.#ask().catch(() => undefined);
    return this.#value;
  }

  /**
   * Waits for a token.
   * @throws EntraError, or the failure that stops the attempt
   */
  wait(stop: Stop): Promise<string> {
    return new Promise((resolve, reject) => {
      stop.listen(() => reject(stop.signal.reason));
      this.#ask().then(resolve, reject);
    });
  }

  #ask(): Promise<string> {
    const failure = this.#failure;
    if (failure !== undefined && this.nowMs() < failure.untilMs) return Promise.reject(failure.error);
    this.#asking ??= this.issue()
      .then(
        (issued) => this.#keep(issued),
        (error: unknown) => {
          this.#failure = { error, untilMs: this.nowMs() + failureHoldsMs };
          throw error;
        },
      )
      .finally(() => {
        this.#asking = undefined;
      });
    return this.#asking;
  }

  #keep({ value, lifetimeMs }: IssuedToken): string {
    const nowMs = this.nowMs();
    this.#failure = undefined;
    this.#value = value;
    this.#renewAtMs = nowMs + Math.max(lifetimeMs - renewBeforeEndMs, lifetimeMs / 2);
    this.#unusedFromMs = nowMs + Math.max(lifetimeMs - unusedAtEndMs, lifetimeMs / 2);
    return value;
  }
}
