import { formatUsd } from "@darkroom/cost-calculator";
import type { EditPlan } from "@darkroom/router";
import type { Request } from "express";
import { GatewayError, envelope, errorAnswer } from "../errors.js";

const header = "x-darkroom-dry-run";

/**
 * Whether a request only asks what would become of it (`x-darkroom-dry-run: true`).
 * @throws GatewayError for any other word than true or false: who asks for nothing to be spent must not pay
 */
export function isDryRun(request: Request): boolean {
  const word = (request.get(header) ?? "false").trim().toLowerCase();
  if (word === "true" || word === "false") return word === "true";
  throw new GatewayError({
    status: 400,
    type: "invalid_request_error",
    code: "invalid_value",
    param: header,
    message: `Invalid value for '${header}': expected true or false.`,
  });
}

/** What a dry run answers: where the edit would go, what it would cost at most, or who would refuse it. */
export function dryRunAnswer(plan: EditPlan): object {
  if (!("refusal" in plan)) {
    const { group, deployment, estimate } = plan;
    return {
      dry_run: true,
      outcome: "served",
      model_group: group,
      deployment: deployment.id,
      wait_seconds: 0,
      most_cost_usd: estimate && formatUsd(estimate.nanoUsd),
      most_cost_nano_usd: estimate && String(estimate.nanoUsd),
    };
  }
  const { group, refusal, waitsMs } = plan;
  const answer = errorAnswer(refusal);
  return {
    dry_run: true,
    outcome: waitsMs === undefined ? "refused" : "waits",
    model_group: group,
    wait_seconds: waitsMs === undefined ? null : waitsMs / 1000,
    status: answer.status,
    ...envelope(answer),
  };
}
