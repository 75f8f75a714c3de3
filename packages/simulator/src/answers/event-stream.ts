import type { Base64 } from "../drawing/painter.js";
import type { ValidEdit } from "../validation/valid-edit.js";
import { placeholder, resolvedValues, withPictures } from "./images-answer.js";

/** One picture of a stream: its stages, the finished picture, and what it costs. */
export interface StreamedPicture {
  readonly stages: readonly Base64[];
  readonly finished: Base64;
  readonly usage: object | undefined;
}

/**
 * The events of a streamed answer, each as the bytes of one event.
 * With several pictures they follow one another, each with an `image_edit.completed` of its own that carries its
 * own usage, so that the usage of all completed events sums to the bill (assumed: OpenAI documents one picture only).
 */
export function streamEvents(
  edit: ValidEdit,
  pictures: readonly StreamedPicture[],
  createdSeconds: number,
): Buffer[] {
  const resolved = resolvedValues(edit);
  return pictures.flatMap(({ stages, finished, usage }) => [
    ...stages.map((stage, index) =>
      namedEvent("image_edit.partial_image", stage, {
        created_at: createdSeconds,
        ...resolved,
        partial_image_index: index,
      }),
    ),
    namedEvent("image_edit.completed", finished, { created_at: createdSeconds, ...resolved, usage }),
  ]);
}

/** The error of a broken stream: within OpenAI's envelope, or bare; clients must take both. */
export function errorEvent(
  error: { readonly message: string; readonly type: string; readonly code: string | null },
  bare: boolean,
): Buffer {
  const { message, type, code } = error;
  const told = { message, type, param: null, code };
  return Buffer.from(`event: error\ndata: ${JSON.stringify(bare ? told : { error: told })}\n\n`);
}

function namedEvent(type: string, picture: Base64, fields: object): Buffer {
  const data = JSON.stringify({ type, b64_json: placeholder, ...fields });
  return withPictures(`event: ${type}\ndata: ${data}\n\n`, [picture]);
}
