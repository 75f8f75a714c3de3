import type { Deployment } from "../deployments/deployment.js";
import type { ErrorClass } from "../retries/classification.js";
import type { FailureCounts } from "./failure-counts.js";
import type { HealthSettings } from "./health-settings.js";

/** LiteLLM's `allowed_fails` and `allowed_fails_policy`: a deployment's own count more than the router's. */
export class AllowedFails {
  constructor(private readonly settings: HealthSettings) {}

  /** How many failures of this class a policy allows; undefined where none names it. */
  ofClass({ health }: Deployment, errorClass: ErrorClass): number | undefined {
    const own = health?.allowedFailsPolicy?.[errorClass];
    if (own !== undefined || health?.allowedFails !== undefined) return own;
    return this.settings.allowedFailsPolicy?.[errorClass];
  }

  /** Counts a failure. Whether it is one more than allowed; undefined where nobody has set a number, and nothing is counted. */
  count(
    deployment: Deployment,
    errorClass: ErrorClass,
    counts: FailureCounts,
    nowMs: number,
  ): boolean | undefined {
    const ofClass = this.ofClass(deployment, errorClass);
    if (ofClass !== undefined) {
      counts.failedAs(errorClass, nowMs);
      return counts.failuresOf(errorClass, nowMs) > ofClass;
    }
    const ofAny = deployment.health?.allowedFails ?? this.settings.allowedFails;
    if (ofAny === undefined) return undefined;
    counts.failed(nowMs);
    return counts.failures(nowMs) > ofAny;
  }
}
