import type { OutgoingHttpHeaders } from "node:http";
import {
  type Answer,
  type AnsweredEdit,
  editIn,
  formBytes,
  formType,
  type FormPart,
  send,
} from "./form-request.js";
import { png } from "./pictures.js";

/** A small picture that every model takes. */
export const picture = png();

export interface EditOptions {
  /** Sent in this order, after a prompt unless they bring their own. */
  readonly fields?: Readonly<Record<string, string>>;
  readonly image?: Buffer;
  readonly fileName?: string;
  readonly headers?: OutgoingHttpHeaders;
}

export function editForm({ fields = {}, image = picture, fileName = "photo.png" }: EditOptions = {}): Buffer {
  const values = Object.entries({ prompt: "Add a red hat", ...fields });
  const file: FormPart = { name: "image", content: image, fileName, type: "image/png" };
  return formBytes([...values.map(([name, content]) => ({ name, content })), file]);
}

/** An edit, sent to a gateway or straight to a simulator. */
export function sendEdit(url: string, options: EditOptions = {}): Promise<Answer> {
  const headers = { "content-type": formType, ...options.headers };
  return send(`${url}/v1/images/edits`, { method: "POST", headers, body: editForm(options) });
}

/**
 * The error of an answer.
 * @throws Error if it holds none
 */
export function errorOf(answer: Pick<Answer, "body">): NonNullable<AnsweredEdit["error"]> {
  const { error } = editIn(answer);
  if (error === undefined)
    throw new Error(`The answer holds no error: ${answer.body.toString("utf8", 0, 500)}`);
  return error;
}

/** How many images an answer holds. */
export function imagesIn(answer: Pick<Answer, "body">): number {
  return editIn(answer).data?.length ?? 0;
}
