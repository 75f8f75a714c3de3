import type { InputImage } from "@darkroom/cost-calculator";
import { dimensionsOf } from "../image-dimensions/dimensions-of.js";
import type { EditInputs } from "../request.js";
import { type PlannedPart, isField } from "./planned-parts.js";

/** What a form sends. A prompt that was sent several times counts with every byte: who knows which one is read. */
export function formInputs(planned: readonly PlannedPart[]): EditInputs {
  const prompts = planned.filter(({ part, name }) => isField(part) && name === "prompt");
  const files = planned.filter(({ part }) => !isField(part));
  const mask = files.find(({ name }) => name === "mask");
  return {
    promptBytes: prompts.flatMap(({ part }) => part.content).reduce((sum, { length }) => sum + length, 0),
    images: files.filter(({ name }) => name === "image" || name === "image[]").map(imageOf),
    ...(mask !== undefined && { mask: imageOf(mask) }),
  };
}

function imageOf({ part }: PlannedPart): InputImage {
  return dimensionsOf(part.content) ?? "unknown";
}
