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
  "/spend/logs",
  "/spend/logs/v2",
  "/spend/keys",
  "/spend/users",
  "/spend/tags",
  "/spend/calculate",
  "/global/spend",
  "/global/spend/all_tag_names",
  "/global/spend/keys",
  "/global/spend/logs",
  "/global/spend/models",
  "/global/spend/provider",
  "/global/spend/report",
  "/global/spend/reset",
  "/global/spend/tags",
  "/global/spend/teams",
  "/global/activity",
  "/reports/attempts",
  "/reports/forecast",
  "/reports/spend",
  "/reports/statement",
]);

const management = new RegExp(
  "^/(key|user|organization|team|customer|end_user|budget|tag|model|model_group)/" +
    "(generate|new|info|update|delete|block|unblock|list|health|regenerate|member_add|member_update|member_delete|daily/activity)$",
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
