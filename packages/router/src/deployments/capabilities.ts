import { providerOf } from "../providers/providers.js";
import type { Deployment } from "./deployment.js";
import { bareModelOf } from "./known-model.js";

/** What a deployment can take. What is not said it can. */
export interface Capabilities {
  /** Edits as JSON, with `images` as references. */
  readonly jsonBody?: boolean;
  /** Answers as events. */
  readonly stream?: boolean;
  readonly mask?: boolean;
  /** The most images of one edit. */
  readonly inputImages?: number;
  /** Files by their id: false where it takes none, true where it is its organisation that holds them. */
  readonly fileIds?: boolean;
}

/** What models cannot, by OpenAI's reference of image edits (specification v2.3.0). */
const ofModels: Readonly<Record<string, Capabilities>> = {
  "dall-e-2": { jsonBody: false, stream: false, inputImages: 1 },
};

/** The deployment's own word, else its provider's, else its model's. */
export function capabilityOf<Name extends keyof Capabilities>(
  deployment: Deployment,
  name: Name,
): Capabilities[Name] | undefined {
  return (
    deployment.capabilities?.[name] ??
    providerOf(deployment).capabilities?.[name] ??
    ofModels[bareModelOf(deployment)]?.[name]
  );
}
