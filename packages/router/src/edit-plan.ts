import type { EditEstimate } from "@darkroom/cost-calculator";
import type { Deployment } from "./deployments/deployment.js";
import type { RouterError } from "./errors.js";

/** What would become of an edit. */
export type EditPlan =
  | {
      readonly group: string;
      readonly deployment: Deployment;
      /** The most that it may cost there; null where no price bounds it. */
      readonly estimate: EditEstimate | null;
    }
  | {
      readonly group: string;
      /** What its client would be told, unless it waits for room. */
      readonly refusal: RouterError;
      /** Milliseconds until there will be room, where it would wait and that is known. */
      readonly waitsMs: number | undefined;
    };
