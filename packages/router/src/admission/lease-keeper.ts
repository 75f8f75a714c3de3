import type { Timers } from "../memory/timers.js";
import { type Admission, renewEveryMs } from "./admission.js";

/** Somebody who holds a lease. */
export interface LeaseHolder {
  /** By which the admission knows it. */
  readonly takenAs: string;
}

/** Renews the leases of attempts for as long as they run: whoever dies renews none, and they come back. */
export class LeaseKeeper {
  readonly #holders = new Set<LeaseHolder>();
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
    if (this.#holders.size === 0) this.close();
  }

  close(): void {
    this.#callOff?.();
    this.#callOff = undefined;
  }

  #renew(): void {
    this.#callOff = this.timers.after(renewEveryMs, () => this.#renew());
    const attemptIds = [...this.#holders].map(({ takenAs }) => takenAs);
    void this.admission.renew({ attemptIds, requestIds: [] });
  }
}
