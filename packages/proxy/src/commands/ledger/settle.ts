import { userInfo } from "node:os";
import { type Ledger, type Settlement, asObject, attemptColumns } from "@darkroom/accounts";
import { formatUsd, parseUsd } from "@darkroom/cost-calculator";
import { type GatewayOptions, gatewayAt, jsonFromGateway } from "../call-gateway.js";
import { CommandError } from "../command-error.js";
import { printable } from "../printable.js";

export interface SettleOptions extends GatewayOptions {
  readonly attemptId: string;
  readonly cost: string;
  readonly note: string;
  readonly json: boolean;
}

/** `darkroom ledger settle`: puts a person's word in the place of what an attempt may have cost. */
export async function settle(ledger: Ledger | undefined, options: SettleOptions): Promise<string> {
  const { attemptId, note, json } = options;
  const costNanoUsd = dollarsFrom(options.cost);
  const by = whoAsks();
  const settled = await settleThrough(ledger, options, { attemptId, costNanoUsd, note, by });
  if (json) return JSON.stringify(settled);
  return `${printable(attemptId)} is settled at $${String(settled["cost_usd"])}, by ${printable(by)}.`;
}

/**
 * Settles in the books, or where a gateway runs on them through it.
 * @returns the attempt as it is now
 */
export async function settleThrough(
  ledger: Ledger | undefined,
  gateway: GatewayOptions,
  settlement: Settlement,
): Promise<Readonly<Record<string, unknown>>> {
  if (ledger !== undefined) return asObject(attemptColumns, await ledger.settle(settlement));
  const { attemptId, costNanoUsd, note, by } = settlement;
  return settledByGateway({ attempt_id: attemptId, cost_usd: formatUsd(costNanoUsd), note, by }, gateway);
}

/** A gateway that runs on the folder writes its books itself. */
async function settledByGateway(
  settlement: Readonly<Record<string, string>>,
  options: GatewayOptions,
): Promise<Readonly<Record<string, unknown>>> {
  const { base, headers } = gatewayAt(options);
  return jsonFromGateway(`${base}/ledger/settle`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: Buffer.from(JSON.stringify(settlement)),
  });
}

/** A user of this machine; in a container it may have no name. */
export function whoAsks(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? "unknown"}`;
  }
}

function dollarsFrom(text: string): bigint {
  try {
    return parseUsd(text);
  } catch (error) {
    if (error instanceof RangeError)
      throw new CommandError(
        `--cost must be dollars such as 0.042, with at most nine decimal places, not '${text}'.`,
      );
    throw error;
  }
}
