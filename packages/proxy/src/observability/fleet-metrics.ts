import { Counter, type Registry } from "prom-client";
import type { DeadGateways } from "../fleet/dead-gateways.js";

/**
 * What this gateway has done for others that are gone.
 * @param dead absent: it is alone, and there are no others
 */
export function fleetMetrics(registry: Registry, dead: DeadGateways | undefined): void {
  const counter = (name: string, help: string, value: () => number): void => {
    new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(value());
      },
    });
  };
  counter(
    "darkroom_adopted_journals_total",
    "Journals of gateways that are gone which this one has adopted since it began.",
    () => dead?.adoptedJournals ?? 0,
  );
  counter(
    "darkroom_lost_journals_total",
    "Gateways that were given up with their journals, since nobody could reach these, by this one since it began.",
    () => dead?.lostJournals ?? 0,
  );
  counter(
    "darkroom_lost_attempts_total",
    "Attempts of these that became uncertain, at what they had reserved.",
    () => dead?.lostAttempts ?? 0,
  );
}
