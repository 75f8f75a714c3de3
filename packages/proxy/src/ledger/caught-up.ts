import { setTimeout as wait } from "node:timers/promises";
import type { Ledger } from "@darkroom/accounts";

/** How long a report waits for what is committed to be applied; then it is of what is, and says how much is lacking. */
const catchUpMs = 5_000;

/** Resolves when all that is committed now is applied, or cannot be for the time being. */
export async function caughtUp(ledger: Pick<Ledger, "catchUp">): Promise<void> {
  const given = new AbortController();
  await Promise.race([
    ledger.catchUp().catch(() => undefined),
    wait(catchUpMs, undefined, { signal: given.signal }).catch(() => undefined),
  ]);
  given.abort();
}
