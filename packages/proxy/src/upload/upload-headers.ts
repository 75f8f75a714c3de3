import type { IncomingHttpHeaders } from "node:http";
import { InvalidRequestError } from "@darkroom/router";
import { RequestTooLargeError } from "./upload-errors.js";

/** What the headers of a request say about its body. */
export interface UploadHeaders {
  readonly format: { readonly type: "json" } | { readonly type: "multipart"; readonly boundary: string };
  /** Undefined for a chunked body. */
  readonly contentLength: number | undefined;
  /** Whether the client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean;
}

/**
 * Checks what can be checked before a byte of the body is read.
 * @throws InvalidRequestError, RequestTooLargeError
 */
export function readUploadHeaders(headers: IncomingHttpHeaders, maxRequestBytes: number): UploadHeaders {
  const format = readFormat(headers["content-type"] ?? "");
  const encoding = headers["content-encoding"]?.trim().toLowerCase() ?? "identity";
  if (encoding !== "identity") {
    throw new InvalidRequestError(`A body with content-encoding '${encoding}' is not supported.`, {
      code: "unsupported_content_encoding",
    });
  }
  const contentLength = readContentLength(headers);
  if (contentLength !== undefined && contentLength > maxRequestBytes) {
    throw new RequestTooLargeError(maxRequestBytes);
  }
  const expectsContinue = headers.expect?.trim().toLowerCase() === "100-continue";
  return { format, contentLength, expectsContinue };
}

function readContentLength(headers: IncomingHttpHeaders): number | undefined {
  if (headers["transfer-encoding"] !== undefined) return undefined;
  return Number(headers["content-length"] ?? 0);
}

function readFormat(contentType: string): UploadHeaders["format"] {
  const type = contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (type === "application/json") return { type: "json" };
  if (type !== "multipart/form-data") {
    const sent = type === "" ? "none" : `'${type}'`;
    throw new InvalidRequestError(
      `Unsupported content type: expected 'multipart/form-data' or 'application/json', got ${sent}.`,
      { code: "unsupported_content_type" },
    );
  }
  const [, quoted, plain] = /;\s*boundary=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/i.exec(contentType) ?? [];
  const boundary = quoted?.replace(/\\(.)/g, "$1") ?? plain ?? "";
  if (boundary === "") {
    throw new InvalidRequestError("The content type 'multipart/form-data' has no boundary.", {
      code: "invalid_multipart",
    });
  }
  return { type: "multipart", boundary };
}
