import { leaseMs } from "../admission.js";
import type { MeterState, Taking } from "./meter-state.js";

/** Of calls under way: what is taken is held until it is released, or not renewed in time. */
export class LeaseMeter implements MeterState {
  readonly kind = "lease";
  asked = 0n;
  readonly reserved = 0n;
  /** In the order in which they expire: all last equally long, and whoever renews goes to the end. */
  readonly #held = new Set<Taking>();
  /** Expired, and not released: whoever holds it may have been frozen. */
  readonly #lapsed = new Set<Taking>();
  #sum = 0n;

  used(nowMs: number): bigint {
    for (const taking of this.#held) {
      if (taking.expiresAtMs > nowMs) break;
      this.#giveBack(taking);
      this.#lapsed.add(taking);
    }
    return this.#sum;
  }

  take(taking: Taking): void {
    this.#hold(taking, taking.atMs);
  }

  release(taking: Taking): boolean {
    this.#lapsed.delete(taking);
    return this.#giveBack(taking);
  }

  undo(taking: Taking): boolean {
    return this.release(taking);
  }

  settle(): boolean {
    return false;
  }

  /** Also of what has expired: its holder tells that the call is under way all the same. */
  renew(taking: Taking, nowMs: number): void {
    this.release(taking);
    this.#hold(taking, nowMs);
  }

  charge(): void {
    // Nothing is under way of a call that is over.
  }

  returnsAtMs(): undefined {
    return undefined;
  }

  isIdle(nowMs: number): boolean {
    return this.used(nowMs) === 0n && this.#lapsed.size === 0;
  }

  #hold(taking: Taking, nowMs: number): void {
    taking.expiresAtMs = nowMs + leaseMs;
    this.#held.add(taking);
    this.#sum += taking.amount;
  }

  #giveBack(taking: Taking): boolean {
    if (!this.#held.delete(taking)) return false;
    this.#sum -= taking.amount;
    return true;
  }
}
