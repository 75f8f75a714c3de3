/** A range of the body as it arrived, in bytes: `[start, end)`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** One change of the body: what stands in its span is replaced. An empty span inserts, no replacement removes. */
export interface Edit extends Span {
  readonly replacement?: Buffer;
}

/**
 * The body with its edits applied: slices of the buffers that arrived, and the replacements between them. No byte is copied.
 * @param edits in the order of their spans, which do not overlap
 */
export function applyEdits(chunks: readonly Buffer[], edits: readonly Edit[]): Buffer[] {
  const result: Buffer[] = [];
  let chunkStart = 0;
  let next = 0;
  for (const chunk of chunks) {
    const chunkEnd = chunkStart + chunk.length;
    let kept = chunkStart;
    for (let edit = edits[next]; edit !== undefined && edit.start < chunkEnd; edit = edits[next]) {
      if (edit.start >= chunkStart) {
        if (edit.start > kept) result.push(chunk.subarray(kept - chunkStart, edit.start - chunkStart));
        if (edit.replacement !== undefined) result.push(edit.replacement);
      }
      kept = Math.min(Math.max(kept, edit.end), chunkEnd);
      // What reaches into the next chunk goes on being removed there.
      if (edit.end > chunkEnd) break;
      next += 1;
    }
    if (kept < chunkEnd) result.push(kept === chunkStart ? chunk : chunk.subarray(kept - chunkStart));
    chunkStart = chunkEnd;
  }
  return result;
}

/** The buffers of a span, not copied. */
export function slicesOf(chunks: readonly Buffer[], { start, end }: Span): Buffer[] {
  const slices: Buffer[] = [];
  let chunkStart = 0;
  for (const chunk of chunks) {
    const chunkEnd = chunkStart + chunk.length;
    if (chunkEnd > start && chunkStart < end) {
      slices.push(chunk.subarray(Math.max(0, start - chunkStart), end - chunkStart));
    }
    if (chunkEnd >= end) break;
    chunkStart = chunkEnd;
  }
  return slices;
}
