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
  "/openapi.json",
  "/audit",
  "/v1/model/info",
]);

const management = new RegExp(
  "^/(key|user|team|customer|end_user|budget|tag|model|model_group)/" +
    "(generate|new|info|update|delete|block|unblock|list|health|regenerate|member_add|member_update|member_delete)$",
);

/** The route of a path, for metrics and logs: bounded in number, without what a client put into the path. */
export function routeLabel(path: string): string {
  if (served.has(path)) return path;
  if (management.test(path)) return path;
  if (/^\/key\/[^/]+\/regenerate$/.test(path)) return "/key/{key}/regenerate";
  if (/^\/v1\/images\/files\/[^/]+$/.test(path)) return "/v1/images/files/{name}";
  return /^\/openai\/deployments\/[^/]+\/images\/edits$/.test(path)
    ? "/openai/deployments/{model}/images/edits"
    : "other";
}
