import type { Charge } from "@darkroom/accounts";
import type { Deployment } from "@darkroom/router";

/**
 * Whom an attempt is charged to, for the month (UTC) in which it was sent: the gateway, its deployment, and whoever pays for
 * the request.
 *
 * @param meters of those who pay
 */
export function chargesOf({ id }: Deployment, atMs: number, meters: readonly string[]): Charge[] {
  const period = new Date(atMs).toISOString().slice(0, "2026-01".length);
  return [
    { meter: "gateway", period },
    { meter: `deployment:${id}`, period },
    ...meters.map((meter) => ({ meter, period })),
  ];
}
