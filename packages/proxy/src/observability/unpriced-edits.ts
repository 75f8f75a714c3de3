import { type EditReport, knownModelOf } from "@darkroom/router";
import type { Logger } from "pino";
import { unpricedWarning } from "../config/models/unpriced.js";

/** Clients name the models of wildcard groups: whoever makes names up must not fill the memory or the log. */
const mostModels = 100;

/** Warns of each model once whose edits have no price: the metric goes on counting them. */
export class UnpricedEdits {
  readonly #told: Set<string>;

  /** @param told the models that the operator was told of at the start */
  constructor(
    private readonly log: Logger,
    told: Iterable<string>,
  ) {
    this.#told = new Set(told);
  }

  note({ deployment, cost }: EditReport): void {
    if (deployment === undefined || cost !== null) return;
    const model = knownModelOf(deployment);
    if (this.#told.has(model) || this.#told.size >= mostModels) return;
    this.#told.add(model);
    this.log.warn({ deployment: deployment.id }, unpricedWarning(model));
  }
}
