import { isUtf8 } from "node:buffer";

/** What the header lines of a part say. */
export interface PartHeaderLines {
  readonly name: string;
  /** Undefined on a field. */
  readonly fileName: string | undefined;
  readonly contentType: string | undefined;
}

/** Header lines as the clients of today write them; whatever is written otherwise is not canonical. */
const canonical =
  /^[Cc]ontent-[Dd]isposition: form-data; name="([^"\\\p{Cc}]+)"(?:; filename="([^"\\\p{Cc}]*)")?(?:\r\n[Cc]ontent-[Tt]ype: ([\w!#$&^.+-]+\/[\w!#$&^.+-]+))?$/u;

const beyondAscii = /[\u{80}-\u{ff}]/u;

/**
 * Reads the header lines of a part, which stand in `bytes[start, end)`.
 * @returns undefined where they are not canonical: other lines, escapes in names, text that is no UTF-8
 */
export function readPartHeader(bytes: Buffer, start: number, end: number): PartHeaderLines | undefined {
  const text = textOf(bytes, start, end);
  const [isCanonical, name, fileName, contentType] = (text !== undefined && canonical.exec(text)) || [];
  // A field with a type of its own may be in a charset of its own.
  const isTypedField = fileName === undefined && contentType !== undefined;
  if (isCanonical === undefined || name === undefined || isTypedField) return undefined;
  return { name, fileName, contentType };
}

/** Nearly every header is ASCII, which is the same in latin1: that is read at a fraction of the price of UTF-8. */
function textOf(bytes: Buffer, start: number, end: number): string | undefined {
  const text = bytes.toString("latin1", start, end);
  if (!beyondAscii.test(text)) return text;
  return isUtf8(bytes.subarray(start, end)) ? bytes.toString("utf8", start, end) : undefined;
}
