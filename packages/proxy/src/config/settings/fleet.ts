import type { Findings } from "../config-error.js";
import { type Located, positionOf } from "../file/located.js";
import { type FleetSettings, defaults } from "../gateway-config.js";
import type { FileSettings } from "./schema.js";

/** What a file says of gateways that are gone. */
export function fleetSettings(
  { general_settings: general }: FileSettings,
  root: Located,
  findings: Findings,
): FleetSettings {
  const { adopt_gateways, silent_gateway_after, lost_gateway_after } = general;
  const silentAfterMs = silent_gateway_after ?? defaults.fleet.silentAfterMs;
  const lostAfterMs = lost_gateway_after ?? Math.max(defaults.fleet.lostAfterMs, silentAfterMs);
  if (lostAfterMs < silentAfterMs) {
    const path = ["general_settings", "lost_gateway_after"];
    findings.problem(positionOf(root, path), path, "expected at least as long as silent_gateway_after");
  }
  return { adopts: adopt_gateways ?? defaults.fleet.adopts, silentAfterMs, lostAfterMs };
}
