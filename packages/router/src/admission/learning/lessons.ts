import type { IncomingHttpHeaders } from "node:http";
import type { Deployment } from "../../deployments/deployment.js";
import type { QuotaSharing } from "../../deployments/quota-sharing.js";
import type { Quotas } from "../../deployments/quotas.js";
import type { Verdict } from "../../retries/classification.js";
import type { Failure } from "../../retries/failure.js";
import type { Pass } from "../pass.js";
import type { LearnedLimits } from "./learned-limits.js";
import { reachOf } from "./reach.js";

/** An upstream has answered an attempt. */
export interface AnsweredAttempt {
  readonly deployment: Deployment;
  readonly pass: Pass;
  /** By the router's clock. */
  readonly startedAtMs: number;
  readonly headers: IncomingHttpHeaders;
  readonly failure: Failure | undefined;
  readonly verdict: Verdict | undefined;
}

/** What an upstream's answers teach of the limits and of the organisation behind a deployment. */
export class Lessons {
  constructor(
    private readonly quotas: Quotas,
    private readonly limits: LearnedLimits,
    private readonly sharing: QuotaSharing,
  ) {}

  note({ deployment, pass, startedAtMs, headers, failure, verdict }: AnsweredAttempt): void {
    this.sharing.noteOrganization(deployment, headers["openai-organization"]?.toString());
    const isRateLimited = verdict?.errorClass === "RateLimitError" && verdict.cooldown === "short";
    this.limits.note({
      quota: this.quotas.quotaOf(deployment).name,
      meters: this.quotas.quotaMetersOf(deployment),
      admitted: pass.use,
      startedAtMs,
      headers,
      ...(isRateLimited && failure?.kind === "answer" && { rateLimited: { error: failure.error } }),
    });
  }

  /** Others that will be refused as this one was, since they share what it was refused for. */
  alsoRefused(deployment: Deployment, failure: Failure): readonly Deployment[] {
    if (failure.kind !== "answer") return [];
    const reach = reachOf(failure.error);
    if (reach === "deployment") return [];
    const all =
      reach === "organization"
        ? this.sharing.sharesOrganisation(deployment)
        : this.sharing.sharesLimits(deployment);
    return all.filter(({ id }) => id !== deployment.id);
  }
}
