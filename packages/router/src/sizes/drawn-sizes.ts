import { isOneOf } from "../deployments/known-model.js";
import type { Dimensions } from "../image-dimensions/dimensions.js";

/** Which sizes a family of models draws: a few, or all that keep to a rule. */
export type DrawnSizes =
  | { readonly kind: "listed"; readonly sizes: readonly Dimensions[] }
  | {
      readonly kind: "free";
      /** Both edges are multiples of it. */
      readonly multipleOf: number;
      readonly longestEdge: number;
      /** The longer edge is at most so many times the shorter one. */
      readonly mostStretched: number;
      readonly fewestPixels: number;
      readonly mostPixels: number;
    };

const square = (edge: number): Dimensions => ({ width: edge, height: edge });

/**
 * By the start of a model's name; the first that fits counts. Sources: OpenAI's specification v2.3.0 of August 2026
 * (`size` of the image edit), for gpt-image-2's limits of pixels and edges OpenAI's own calculator.
 */
const families: readonly { readonly models: readonly string[]; readonly drawn: DrawnSizes }[] = [
  { models: ["dall-e-2"], drawn: { kind: "listed", sizes: [square(256), square(512), square(1024)] } },
  {
    models: ["gpt-image-1", "chatgpt-image-"],
    drawn: {
      kind: "listed",
      sizes: [square(1024), { width: 1536, height: 1024 }, { width: 1024, height: 1536 }],
    },
  },
  {
    models: ["gpt-image-2"],
    drawn: {
      kind: "free",
      multipleOf: 16,
      longestEdge: 3840,
      mostStretched: 3,
      fewestPixels: 655_360,
      mostPixels: 8_294_400,
    },
  },
];

/** The sizes that `model` draws; undefined for a model that is not known. */
export function drawnSizes(model: string): DrawnSizes | undefined {
  return families.find(({ models }) => isOneOf(model, models))?.drawn;
}
