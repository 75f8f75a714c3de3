import { boundaryOf, MultipartError, type Part, parseMultipart } from "../multipart.js";
import type { Refusal } from "../validation/refusal.js";
import { refusals } from "../validation/refusals.js";

/** A body taken apart by its content type, for the record and for the checks alike. */
export type ParsedBody =
  | { readonly type: "multipart"; readonly parts: readonly Part[] }
  | { readonly type: "json"; readonly value: unknown }
  | { readonly type: "unreadable"; readonly refusal: Refusal };

export function parseBody(contentType: string | undefined, body: Buffer): ParsedBody {
  const type = contentType?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (type === "multipart/form-data") return parseForm(contentType ?? "", body);
  if (type === "application/json") return parseJson(body);
  return { type: "unreadable", refusal: refusals.wrongBodyType(type) };
}

function parseForm(contentType: string, body: Buffer): ParsedBody {
  try {
    return { type: "multipart", parts: parseMultipart(body, boundaryOf(contentType)) };
  } catch (error) {
    if (!(error instanceof MultipartError)) throw error;
    return { type: "unreadable", refusal: refusals.unreadableMultipart(error.message) };
  }
}

function parseJson(body: Buffer): ParsedBody {
  try {
    return { type: "json", value: JSON.parse(body.toString("utf8")) as unknown };
  } catch {
    return { type: "unreadable", refusal: refusals.unreadableJson() };
  }
}
