import { type Deployment, type EditRequest, estimateOf } from "@darkroom/router";

/** OpenAI's, the dearest first. */
const qualities = ["high", "medium", "low"];
const smallSizes = ["1024x1024"];
const mostSuggestions = 3;

/** What could be less about an edit for it to cost at most so much: one change at a time, the smallest ones first. */
export function cheaperEdits(edit: EditRequest, deployment: Deployment, mostNanoUsd: bigint): string[] {
  const { parameters } = edit;
  const { n, quality, size, partialImages } = parameters;
  const changes: { readonly words: string; readonly parameters: Partial<EditRequest["parameters"]> }[] = [
    ...(partialImages ? [{ words: "partial_images=0", parameters: { partialImages: 0 } }] : []),
    ...smallSizes
      .filter((smaller) => smaller !== size)
      .map((smaller) => ({ words: `size=${smaller}`, parameters: { size: smaller } })),
    ...qualities
      .slice(qualities.indexOf(quality ?? "high") + 1)
      .map((lower) => ({ words: `quality=${lower}`, parameters: { quality: lower } })),
    ...(n > 1 ? [{ words: "n=1", parameters: { n: 1 } }] : []),
    { words: "n=1, quality=low and size=1024x1024", parameters: { n: 1, quality: "low", size: "1024x1024" } },
  ];
  return changes
    .filter(({ parameters: changed }) => {
      const estimate = estimateOf({ ...edit, parameters: { ...parameters, ...changed } }, deployment);
      return estimate !== null && estimate.nanoUsd <= mostNanoUsd;
    })
    .slice(0, mostSuggestions)
    .map(({ words }) => words);
}
