/**
 * Reads a complete `multipart/form-data` body (RFC 7578, RFC 2046 section 5.1).
 *
 * The whole body is at hand, so this is a walk from boundary to boundary with `Buffer.indexOf`; a part's bytes
 * are a view into the body, never a copy. It is strict where browsers are lenient: what arrives here came through
 * a gateway under test, and a gateway that bends the framing should hear of it.
 */
export interface Part {
  /** The `name` of the content disposition. */
  readonly name: string;
  /** The `filename`, if the part has one; that makes it a file. */
  readonly fileName: string | undefined;
  /** The part's `content-type` as it came, undefined if it had none. */
  readonly type: string | undefined;
  /** The header block exactly as it arrived, without the empty line that ends it. */
  readonly rawHeader: string;
  readonly bytes: Buffer;
}

export class MultipartError extends Error {
  override readonly name = "MultipartError";
}

const lineBreak = Buffer.from("\r\n");
const headerEnd = Buffer.from("\r\n\r\n");
const maximumHeaderBytes = 16 * 1024;
const maximumParts = 1000;

/** The boundary named by a content type, without quotes. */
export function boundaryOf(contentType: string): string {
  const match = /;\s*boundary=(?:"([^"]+)"|([^\s;"]+))/i.exec(contentType);
  const boundary = match?.[1] ?? match?.[2];
  if (boundary === undefined) throw new MultipartError("the content type names no boundary");
  if (boundary.length > 70) throw new MultipartError("the boundary is longer than 70 characters");
  return boundary;
}

export function parseMultipart(body: Buffer, boundary: string): Part[] {
  const delimiter = Buffer.from(`--${boundary}`);
  const innerDelimiter = Buffer.concat([lineBreak, delimiter]);
  // RFC 2046 allows a preamble; no client sends one, and a gateway has no reason to add one.
  if (!body.subarray(0, delimiter.length).equals(delimiter)) {
    throw new MultipartError("the body does not begin with the boundary");
  }
  const parts: Part[] = [];
  let position = delimiter.length;
  for (;;) {
    if (body[position] === 0x2d && body[position + 1] === 0x2d) {
      rejectEpilogue(body.subarray(position + 2));
      return parts;
    }
    if (body[position] !== 0x0d || body[position + 1] !== 0x0a) {
      throw new MultipartError("a boundary is not followed by a line break");
    }
    const headerStart = position + 2;
    const headerStop = body.indexOf(headerEnd, headerStart);
    if (headerStop < 0) throw new MultipartError("a part's headers do not end");
    if (headerStop - headerStart > maximumHeaderBytes)
      throw new MultipartError("a part's headers are too long");
    const bytesStart = headerStop + headerEnd.length;
    const bytesStop = body.indexOf(innerDelimiter, bytesStart);
    if (bytesStop < 0) throw new MultipartError("the body ends without the closing boundary");
    parts.push(
      partFrom(body.toString("utf8", headerStart, headerStop), body.subarray(bytesStart, bytesStop)),
    );
    if (parts.length > maximumParts) throw new MultipartError("the body has too many parts");
    position = bytesStop + innerDelimiter.length;
  }
}

function rejectEpilogue(rest: Buffer): void {
  if (rest.length !== 0 && !rest.equals(lineBreak)) {
    throw new MultipartError("bytes follow the closing boundary");
  }
}

function partFrom(rawHeader: string, bytes: Buffer): Part {
  let disposition: string | undefined;
  let type: string | undefined;
  for (const line of rawHeader.split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon <= 0) throw new MultipartError("a part has a header without a name");
    const headerName = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (headerName === "content-disposition") disposition = value;
    else if (headerName === "content-type") type = value;
  }
  if (disposition === undefined || !/^form-data\s*(;|$)/i.test(disposition)) {
    throw new MultipartError("a part has no content disposition of form-data");
  }
  const name = parameterOf(disposition, "name");
  if (name === undefined) throw new MultipartError("a part has no name");
  return { name, fileName: parameterOf(disposition, "filename"), type, rawHeader, bytes };
}

/** A parameter of the disposition. Browsers write `%22`, curl writes `\"` for a quote within the value. */
function parameterOf(disposition: string, parameter: string): string | undefined {
  const match = new RegExp(`;\\s*${parameter}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;"]+))`, "i").exec(
    disposition,
  );
  if (match === null) return undefined;
  return match[2] ?? (match[1] ?? "").replace(/\\(["\\])/g, "$1").replace(/%22/g, '"');
}
