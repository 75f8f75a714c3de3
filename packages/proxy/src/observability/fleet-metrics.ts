import type { Registry } from "prom-client";
import type { DeadGateways } from "../fleet/dead-gateways.js";
import { readCounter } from "./read-counter.js";

/**
 * What this gateway has done for others that are gone.
 * @param dead absent: it is alone, and there are no others
 */
export function fleetMetrics(registry: Registry, dead: DeadGateways | undefined): void {
  readCounter(
    registry,
    "darkroom_adopted_journals_total",
    "Journals of gateways that are gone which this one has adopted since it began.",
    () => dead?.adoptedJournals ?? 0,
  );
  readCounter(
    registry,
    "darkroom_lost_journals_total",
    "Gateways that were given up with their journals, since nobody could reach these, by this one since it began.",
    () => dead?.lostJournals ?? 0,
  );
  readCounter(
    registry,
    "darkroom_lost_attempts_total",
    "Attempts of these that became uncertain, at what they had reserved.",
    () => dead?.lostAttempts ?? 0,
  );
}
