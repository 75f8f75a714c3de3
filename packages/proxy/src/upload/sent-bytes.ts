import type { PartSpan } from "./part-outline.js";

const replacement = "\ufffd";
const headerEnd = Buffer.from("\r\n\r\n");

/** The bytes of a span of the body that arrived in `chunks`. */
function bytesOf(span: PartSpan, chunks: readonly Buffer[]): Buffer {
  const pieces: Buffer[] = [];
  let offset = 0;
  for (const chunk of chunks) {
    const end = offset + chunk.length;
    if (end > span.start && offset < span.end) {
      pieces.push(chunk.subarray(Math.max(0, span.start - offset), span.end - offset));
    }
    offset = end;
  }
  return Buffer.concat(pieces);
}

/**
 * The bytes of a field whose text the parser has decoded. Text decodes and encodes without loss unless it was
 * no valid UTF-8: then the bytes that the client sent are taken, for the upstream to judge.
 */
export function exactFieldBytes(text: string, span: PartSpan | undefined, chunks: readonly Buffer[]): Buffer {
  const encoded = Buffer.from(text, "utf8");
  if (span === undefined || !text.includes(replacement)) return encoded;
  const part = bytesOf(span, chunks);
  const sent = part.subarray(part.indexOf(headerEnd) + headerEnd.length);
  return sent.toString("utf8") === text ? sent : encoded;
}

/** The longest header block that busboy reads, in bytes. */
const maxHeaderBytes = 16 * 1024;

/** Whether a part names a file, were it by an empty name, which busboy reports like none. */
export function hasFileName(span: PartSpan | undefined, chunks: readonly Buffer[]): boolean {
  if (span === undefined) return false;
  const start = bytesOf({ start: span.start, end: Math.min(span.end, span.start + maxHeaderBytes) }, chunks);
  const header = start.toString("latin1", 0, Math.max(0, start.indexOf(headerEnd)));
  return /^content-disposition:.*;\s*filename\*?=/im.test(header);
}
