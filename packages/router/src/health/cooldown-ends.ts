import type { Timers } from "../memory/timers.js";

/** Tells when cooldowns end. Nothing depends on it but those who listen: whether one has ended, the clock says. */
export class CooldownEnds {
  /** By deployment, what calls off its timer. */
  readonly #pending = new Map<string, () => void>();

  constructor(private readonly timers: Timers) {}

  /** In place of an earlier end of that deployment's cooldown. */
  after(durationMs: number, deploymentId: string, tell: () => void): void {
    this.#pending.get(deploymentId)?.();
    const callOff = this.timers.after(durationMs, () => {
      this.#pending.delete(deploymentId);
      tell();
    });
    this.#pending.set(deploymentId, callOff);
  }

  close(): void {
    for (const callOff of this.#pending.values()) callOff();
    this.#pending.clear();
  }
}
