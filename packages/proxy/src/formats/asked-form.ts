import {
  type AnswerLayout,
  type Deployment,
  type EditRequest,
  type FittedSize,
  type ImageForm,
  type ImageMembers,
  fittedSize,
  knownModelOf,
  usualForm,
} from "@darkroom/router";

/** What an answer has to be changed into. */
export interface AskedForm {
  /** How the client wants its images; absent: as they came. */
  readonly form?: ImageForm;
  /** The size to scale them to. */
  readonly fitted?: FittedSize;
}

/** How an image is given; the bytes themselves count more than where to fetch them. */
export function formOf({ b64_json, url }: ImageMembers): ImageForm | undefined {
  if (b64_json?.text !== undefined) return "b64_json";
  return url?.text === undefined ? undefined : "url";
}

/**
 * What an answer has to be changed into; undefined where it is already what was asked for, as nearly always.
 *
 * Who does not say how images are wanted gets them as the model that was asked for gives them, whichever has served: base64
 * from GPT image models, URLs from dall-e-2. Where its name says nothing, base64 if a GPT image model has served, else as they
 * come.
 */
export function askedForm(
  edit: Pick<EditRequest, "model" | "parameters" | "sizeFit">,
  deployment: Deployment,
  { images }: AnswerLayout,
): AskedForm | undefined {
  const form = edit.parameters.responseFormat ?? usualForm(edit.model) ?? formOfServing(deployment);
  const isOtherwise =
    form !== undefined &&
    images.some((image) => image[form]?.text === undefined && formOf(image) !== undefined);
  const fitted = fittedSize(edit, deployment);
  if (fitted === undefined && !isOtherwise) return undefined;
  return { ...(form === undefined ? {} : { form }), ...(fitted === undefined ? {} : { fitted }) };
}

/** Whoever serves dall-e-2 may do so in base64, but a GPT image model is known to. */
function formOfServing(deployment: Deployment): ImageForm | undefined {
  return usualForm(knownModelOf(deployment)) === "b64_json" ? "b64_json" : undefined;
}
