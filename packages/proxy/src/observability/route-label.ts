const served: ReadonlySet<string> = new Set([
  "/",
  "/v1/images/edits",
  "/images/edits",
  "/v1/models",
  "/models",
  "/health/liveliness",
  "/health/liveness",
  "/health/readiness",
  "/metrics",
  "/ledger/sum",
  "/ledger/settle",
]);

/** The route of a path, for metrics and logs: bounded in number, without what a client put into the path. */
export function routeLabel(path: string): string {
  if (served.has(path)) return path;
  if (/^\/v1\/images\/files\/[^/]+$/.test(path)) return "/v1/images/files/{name}";
  return /^\/openai\/deployments\/[^/]+\/images\/edits$/.test(path)
    ? "/openai/deployments/{model}/images/edits"
    : "other";
}
