import {
  type AnswerLayout,
  type EditReport,
  type EditRequest,
  type FittedSize,
  type ImageForm,
  type ImageMembers,
  alwaysInBase64,
  fittedSize,
  knownModelOf,
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
 * Who does not say how images are wanted gets them as they come; but who asked for a GPT image model, or was served by one, gets
 * base64, since these models know nothing else.
 */
export function askedForm(
  edit: Pick<EditRequest, "model" | "parameters" | "sizeFit">,
  { deployment }: EditReport,
  { images }: AnswerLayout,
): AskedForm | undefined {
  const asked = edit.parameters.responseFormat;
  const isOtherwise = (form: ImageForm): boolean =>
    images.some((image) => image[form]?.text === undefined && formOf(image) !== undefined);
  const needsBase64 =
    asked === undefined &&
    isOtherwise("b64_json") &&
    [edit.model, ...(deployment === undefined ? [] : [knownModelOf(deployment)])].some(alwaysInBase64);
  const form = needsBase64 ? "b64_json" : asked;
  const fitted = deployment === undefined ? undefined : fittedSize(edit, deployment);
  if (fitted === undefined && (form === undefined || !isOtherwise(form))) return undefined;
  return { ...(form === undefined ? {} : { form }), ...(fitted === undefined ? {} : { fitted }) };
}
