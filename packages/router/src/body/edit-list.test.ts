import fc from "fast-check";
import { type Edit, applyEdits, slicesOf } from "./edit-list.js";

/** A text cut into chunks, and edits of it, in order. */
const editedText = fc
  .record({
    text: fc.string({ maxLength: 40 }),
    cuts: fc.array(fc.nat(40)),
    marks: fc.array(fc.nat(40), { maxLength: 8 }),
  })
  .chain(({ text, cuts, marks }) => {
    const inside = (positions: number[]): number[] =>
      positions.filter((at) => at <= text.length).sort((a, b) => a - b);
    const ends = [...inside(cuts), text.length];
    const chunks = ends.map((end, index) => Buffer.from(text.slice(ends[index - 1] ?? 0, end), "latin1"));
    const sorted = inside(marks);
    const spans = sorted.flatMap((start, index) =>
      index % 2 === 0 ? [{ start, end: sorted[index + 1] ?? start }] : [],
    );
    const replacements = fc.array(fc.option(fc.string({ maxLength: 4 })), {
      minLength: spans.length,
      maxLength: spans.length,
    });
    return fc.record({
      text: fc.constant(text),
      chunks: fc.constant(chunks),
      spans: fc.constant(spans),
      replacements,
    });
  });

describe("an edit list", () => {
  it("changes what it says, and nothing else, however the body is cut", () => {
    fc.assert(
      fc.property(editedText, ({ text, chunks, spans, replacements }) => {
        const edits = spans.map((span, index): Edit => {
          const replacement = replacements[index];
          return {
            ...span,
            ...(replacement === null || replacement === undefined
              ? {}
              : { replacement: Buffer.from(replacement, "latin1") }),
          };
        });
        // Two edits at one place are in their order; an insertion at the very end has no chunk to stand in.
        fc.pre(edits.every(({ start }) => start < text.length));
        let expected = text;
        for (const { start, end, replacement } of edits.toReversed()) {
          expected = expected.slice(0, start) + (replacement?.toString("latin1") ?? "") + expected.slice(end);
        }
        expect(Buffer.concat(applyEdits(chunks, edits)).toString("latin1")).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });

  it("without edits is the very same buffers", () => {
    const chunks = [Buffer.from("one"), Buffer.from("two")];
    const result = applyEdits(chunks, []);
    expect(result.map(({ buffer, byteOffset, length }) => ({ buffer, byteOffset, length }))).toEqual(
      chunks.map(({ buffer, byteOffset, length }) => ({ buffer, byteOffset, length })),
    );
  });

  it("leaves the buffers it does not touch what they are", () => {
    const chunks = ["one", "two", "six"].map((text) => Buffer.from(text));
    const result = applyEdits(chunks, [{ start: 4, end: 5, replacement: Buffer.from("oo") }]);
    expect(result.map(String)).toEqual(["one", "t", "oo", "o", "six"]);
    expect([result[0], result[4]]).toEqual([chunks[0], chunks[2]]);
    expect(result[0] === chunks[0] && result[4] === chunks[2]).toBe(true);
  });

  it("and slices of a span are what stands there", () => {
    fc.assert(
      fc.property(editedText, ({ text, chunks, spans }) => {
        for (const span of spans) {
          expect(Buffer.concat(slicesOf(chunks, span)).toString("latin1")).toBe(
            text.slice(span.start, span.end),
          );
        }
      }),
    );
  });
});
