import type { Timers } from "../memory/timers.js";
import { type Admission, renewEveryMs } from "./admission.js";

/** Somebody who holds a lease. */
export interface LeaseHolder {
  /** By which the admission knows it. */
  readonly takenAs: string;
}

/** Renews the leases of attempts and requests for as long as they run: whoever dies renews none, and they come back. */
export class LeaseKeeper {
  readonly #holders = new Set<LeaseHolder>();
  readonly #requestIds = new Set<string>();
  #callOff: (() => void) | undefined;

  constructor(
    private readonly admission: Pick<Admission, "renew">,
    private readonly timers: Timers,
  ) {}

  hold(holder: LeaseHolder): void {
    this.#holders.add(holder);
    this.#callOff ??= this.timers.after(renewEveryMs, () => this.#renew());
  }

  letGo(holder: LeaseHolder): void {
    this.#holders.delete(holder);
    this.#closeIfEmpty();
  }

  holdRequest(requestId: string): void {
    this.#requestIds.add(requestId);
    this.#callOff ??= this.timers.after(renewEveryMs, () => this.#renew());
  }

  letGoRequest(requestId: string): void {
    this.#requestIds.delete(requestId);
    this.#closeIfEmpty();
  }

  close(): void {
    this.#callOff?.();
    this.#callOff = undefined;
  }

  #closeIfEmpty(): void {
    if (this.#holders.size + this.#requestIds.size === 0) this.close();
  }

  #renew(): void {
    this.#callOff = this.timers.after(renewEveryMs, () => this.#renew());
    const attemptIds = [...this.#holders].map(({ takenAs }) => takenAs);
    void this.admission.renew({ attemptIds, requestIds: [...this.#requestIds] });
  }
}
