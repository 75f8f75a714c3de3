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
  ];
  const fits = (changed: Partial<EditRequest["parameters"]>): boolean => {
    const estimate = estimateOf({ ...edit, parameters: { ...parameters, ...changed } }, deployment);
    return estimate !== null && estimate.nanoUsd <= mostNanoUsd;
  };
  const single = changes.filter(({ parameters: changed }) => fits(changed)).map(({ words }) => words);
  const most = mostImages(n - 1, (images) => fits({ n: images }));
  if (most > 0) single.push(`n=${most}`);
  if (single.length > 0) return single.slice(0, mostSuggestions);
  return fits({ n: 1, quality: "low", size: "1024x1024" }) ? ["n=1, quality=low and size=1024x1024"] : [];
}

/** As many images as fit, up to so many; 0 where none does. More of them never cost less. */
function mostImages(most: number, fit: (images: number) => boolean): number {
  let [fitting, tooMany] = [0, most + 1];
  while (tooMany - fitting > 1) {
    const images = Math.floor((fitting + tooMany) / 2);
    if (fit(images)) fitting = images;
    else tooMany = images;
  }
  return fitting;
}
