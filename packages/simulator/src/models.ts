import type { ModelPrices } from "./bill/prices.js";

/** A model's family decides its rules, its token tables and, unless the model has its own, its prices. */
export type Family =
  | "dall-e-2"
  | "gpt-image-1"
  | "gpt-image-1-mini"
  | "gpt-image-1.5"
  | "gpt-image-2"
  | "gpt-image-2.5"
  | "gpt-image-2.6"
  | "chatgpt-image-latest";

/** A model that the simulator serves: the name a client asks for and the family it behaves like. */
export interface Model {
  readonly id: string;
  readonly family: Family;
  /** Prices of its own; without them, the list prices of its family. */
  readonly prices?: ModelPrices;
}

/** The image models of OpenAI's specification of August 2026 (v2.3.0), and those announced up to November 2026. */
export const knownModels: readonly Model[] = [
  { id: "dall-e-2", family: "dall-e-2" },
  { id: "gpt-image-1", family: "gpt-image-1" },
  { id: "gpt-image-1-mini", family: "gpt-image-1-mini" },
  { id: "gpt-image-1.5", family: "gpt-image-1.5" },
  { id: "gpt-image-1.5-2025-12-16", family: "gpt-image-1.5" },
  { id: "gpt-image-2", family: "gpt-image-2" },
  { id: "gpt-image-2-2026-04-21", family: "gpt-image-2" },
  { id: "gpt-image-2.5-flare", family: "gpt-image-2.5" },
  { id: "gpt-image-2.5-flare-2026-09-08", family: "gpt-image-2.5" },
  { id: "gpt-image-2.5-sunburst", family: "gpt-image-2.5" },
  { id: "gpt-image-2.5-sunburst-2026-09-08", family: "gpt-image-2.5" },
  { id: "gpt-image-2.6-flare", family: "gpt-image-2.6" },
  { id: "gpt-image-2.6-sunburst", family: "gpt-image-2.6" },
  { id: "chatgpt-image-latest", family: "chatgpt-image-latest" },
];

/** What a request without `model` gets (specification v2.3.0; in 2025 it was dall-e-2). */
export const specifiedDefaultModel = "gpt-image-1.5";

/** The body of `GET /v1/models`. The date of creation is invented: nothing depends on it. */
export function modelList(models: readonly Model[]): object {
  return {
    object: "list",
    data: models.map((model) => ({
      id: model.id,
      object: "model",
      created: 1_745_517_030,
      owned_by: "system",
      shutdown_date: null,
    })),
  };
}
