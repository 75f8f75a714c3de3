import type { Charge, Payer } from "@darkroom/accounts";
import type { Deployment } from "@darkroom/router";

/**
 * Whom an attempt is charged to, for the month (UTC) in which it was sent: the gateway, its deployment, and whoever pays for
 * the request.
 */
export function chargesOf({ id }: Deployment, atMs: number, payers: readonly Payer[]): Charge[] {
  const period = new Date(atMs).toISOString().slice(0, "2026-01".length);
  return [
    { meter: "gateway", period },
    { meter: `deployment:${id}`, period },
    // The whole proxy's is the gateway's.
    ...payers.filter(({ scope }) => scope !== "proxy").map(({ meter }) => ({ meter, period })),
  ];
}
