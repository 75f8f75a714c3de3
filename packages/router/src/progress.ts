import type { EditCost } from "@darkroom/cost-calculator";
import type { Deployment } from "./deployments/deployment.js";
import type { AttemptReport, EditReport } from "./report.js";
import type { EditRequest } from "./request.js";

/** What an edit has come to so far; the reports are pictures of it. */
export class EditProgress {
  readonly attempts: AttemptReport[] = [];
  retries = 0;
  fallbacks = 0;
  deployment: Deployment | undefined;
  cost: EditCost | null | undefined;
  images = 0;

  constructor(
    readonly request: EditRequest,
    public group: string,
  ) {}

  report(): EditReport {
    const { request, deployment, cost } = this;
    return {
      requestId: request.id,
      requestedModel: request.model,
      group: this.group,
      attempts: [...this.attempts],
      retries: this.retries,
      fallbacks: this.fallbacks,
      dropped: deployment === undefined ? [] : request.body.droppedFor(deployment),
      images: this.images,
      upstreamMs: this.attempts.reduce((sum, attempt) => sum + attempt.durationMs, 0),
      ...(deployment === undefined ? {} : { deployment }),
      ...(cost === undefined ? {} : { cost }),
    };
  }
}
