/** A model's family decides its rules, its token tables and its prices. */
export type Family =
  | "dall-e-2"
  | "gpt-image-1"
  | "gpt-image-1-mini"
  | "gpt-image-1.5"
  | "gpt-image-2"
  | "chatgpt-image-latest";

/** A model that the simulator serves: the name a client asks for and the family it behaves like. */
export interface Model {
  readonly id: string;
  readonly family: Family;
}

/** The models of OpenAI's specification of August 2026 (v2.3.0) that edit images. */
export const knownModels: readonly Model[] = [
  { id: "dall-e-2", family: "dall-e-2" },
  { id: "gpt-image-1", family: "gpt-image-1" },
  { id: "gpt-image-1-mini", family: "gpt-image-1-mini" },
  { id: "gpt-image-1.5", family: "gpt-image-1.5" },
  { id: "gpt-image-2", family: "gpt-image-2" },
  { id: "gpt-image-2-2026-04-21", family: "gpt-image-2" },
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
