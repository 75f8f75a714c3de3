import type { AttemptObserver, ObservedAttempt } from "./attempt-observer.js";

/** How many attempts each deployment has running, as far as this process knows. */
export class AttemptsInFlight implements AttemptObserver {
  readonly #counts = new Map<string, number>();

  of(deploymentId: string): number {
    return this.#counts.get(deploymentId) ?? 0;
  }

  begun({ deployment: { id } }: ObservedAttempt): void {
    this.#counts.set(id, this.of(id) + 1);
  }

  ended({ deployment: { id } }: ObservedAttempt): void {
    const left = this.of(id) - 1;
    if (left > 0) this.#counts.set(id, left);
    else this.#counts.delete(id);
  }
}
