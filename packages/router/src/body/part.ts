/** One part of a multipart form. A part without `fileName` is a field: its content is UTF-8 text. */
export interface Part {
  /** As the client wrote it, percent escapes included. */
  readonly name: string;
  /** May be empty: a file without a name is still a file. */
  readonly fileName?: string | undefined;
  /** Media type without parameters; absent on a field means plain text. */
  readonly contentType?: string | undefined;
  /** The bytes in the buffers that arrived. Shared by all calls: never write to them. */
  readonly content: readonly Buffer[];
}

/** The text of a field. */
export function partText({ content }: Part): string {
  const [first] = content;
  return (first !== undefined && content.length === 1 ? first : Buffer.concat(content)).toString("utf8");
}

/** The first `length` bytes of a part, fewer where it is shorter. */
export function partStart(part: Pick<Part, "content">, length: number): Buffer {
  const [first] = part.content;
  if (first !== undefined && first.length >= length) return first.subarray(0, length);
  const start: Buffer[] = [];
  let missing = length;
  for (const buffer of part.content) {
    if (missing <= 0) break;
    start.push(buffer.subarray(0, missing));
    missing -= buffer.length;
  }
  return Buffer.concat(start);
}
