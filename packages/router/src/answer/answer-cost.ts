import { type EditCost, costOfEdit, sumOfCosts } from "@darkroom/cost-calculator";
import type { Deployment } from "../deployments/deployment.js";
import { knownModelOf } from "../deployments/known-model.js";
import type { EditParameters } from "../request.js";
import type { AnswerFacts } from "./answer-scanner.js";

/** The cost of all that was answered; null as soon as one part of it has no known price. */
export function costOfAnswer(
  all: readonly AnswerFacts[],
  deployment: Deployment,
  { size, quality }: EditParameters,
): EditCost | null {
  const model = knownModelOf(deployment);
  return sumOfCosts(
    all.map((facts) =>
      costOfEdit(
        {
          model,
          size: facts.size ?? size,
          quality: facts.quality ?? quality,
          images: facts.images,
          usage: facts.usage,
        },
        deployment.prices,
      ),
    ),
  );
}
