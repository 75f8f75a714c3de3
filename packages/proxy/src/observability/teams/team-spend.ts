import type { Payer } from "@darkroom/accounts";
import type { Outcome } from "@darkroom/router";
import type { AttemptsFollower } from "../../books/attempts-journal.js";

/** What was charged to each team since this process began: exact sums, which a counter rounds to a float. */
export class TeamSpend implements AttemptsFollower {
  readonly #nanoUsd = new Map<string, bigint>();

  concluded({ nanoUsd }: Outcome, _sequence: number, payers: readonly Payer[]): void {
    if (nanoUsd === null || nanoUsd === 0n) return;
    for (const { scope, id } of payers) if (scope === "team") this.#nanoUsd.set(id, this.of(id) + nanoUsd);
  }

  of(teamId: string): bigint {
    return this.#nanoUsd.get(teamId) ?? 0n;
  }
}
