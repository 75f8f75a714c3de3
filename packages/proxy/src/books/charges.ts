import type { Charge } from "@darkroom/accounts";
import type { Deployment } from "@darkroom/router";

/** Whom an attempt is charged to, for the month (UTC) in which it was sent: the gateway, and its deployment. */
export function chargesOf({ id }: Deployment, atMs: number): Charge[] {
  const period = new Date(atMs).toISOString().slice(0, "2026-01".length);
  return [
    { meter: "gateway", period },
    { meter: `deployment:${id}`, period },
  ];
}
