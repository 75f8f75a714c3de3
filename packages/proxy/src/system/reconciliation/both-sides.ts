import { readMetrics } from "../metrics-reading.js";
import { until } from "../until.js";
import { loggedRequests } from "./gateway-log.js";
import { startReconciledSystem } from "./reconciled-system.js";
import type { BothSides } from "./reconciliation.js";
import { sendEdits } from "./told-edits.js";
import { models, type VariedEdit } from "./varied-edits.js";

export interface SendOptions {
  readonly seed: number;
  readonly edits: readonly VariedEdit[];
  /** How many are under way at a time. */
  readonly concurrency: number;
  /** Called after each edit. */
  readonly onTold?: () => void;
}

/** Sends edits through a gateway of their own to a simulator of their own, and collects what both sides say of them. */
export async function bothSidesOf({ seed, edits, concurrency, onTold }: SendOptions): Promise<BothSides> {
  const { simulator, gateway } = await startReconciledSystem(seed, edits);
  const told = await sendEdits(gateway.url, edits, concurrency, onTold);
  // A client has its answer a moment before the gateway has counted and written it down.
  const logged = await until(() => {
    const requests = loggedRequests(gateway.logLines());
    return requests.size >= edits.length && requests;
  });
  const metrics = await readMetrics(gateway);
  const spend = models.map((group) => [group, metrics.sum("darkroom_spend_usd_total", { group })] as const);
  const sides = {
    told,
    logged,
    metrics: new Map(spend),
    recorded: await simulator.requests(),
    bill: await simulator.bill(),
  };
  await Promise.all([gateway.stop(), simulator.stop()]);
  return sides;
}
