import fc from "fast-check";
import { Base64Encoder, decodedBytes, decodedPieces } from "./base64.js";

function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...cuts.map((at) => at % (bytes.length + 1)), bytes.length].sort((one, other) => one - other);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

const someBytes = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
const someCuts = fc.array(fc.nat(), { maxLength: 6 });

test("what was encoded is decoded, however both are cut", () => {
  fc.assert(
    fc.property(someBytes, someCuts, someCuts, (bytes, first, second) => {
      const encoder = new Base64Encoder();
      const encoded = Buffer.concat([
        ...cut(bytes, first).map((piece) => encoder.push(piece)),
        encoder.end(),
      ]);
      expect(encoded.toString()).toBe(bytes.toString("base64"));
      expect(Buffer.concat([...decodedPieces(cut(encoded, second))])).toEqual(bytes);
      expect(decodedBytes([encoded])).toBeGreaterThanOrEqual(bytes.length);
    }),
  );
});

test("escapes of a JSON string are passed over, wherever they are cut", () => {
  fc.assert(
    fc.property(someBytes, fc.array(fc.nat(), { maxLength: 5 }), someCuts, (bytes, breaks, cuts) => {
      let text = bytes.toString("base64").replaceAll("/", "\\/").replaceAll("+", "\\u002B");
      for (const at of breaks) {
        const place = at % (text.length + 1);
        // Within an escape there is no place for a line break.
        if (!/\\(u.{0,3})?$/.test(text.slice(0, place)))
          text = `${text.slice(0, place)}\\r\\n${text.slice(place)}`;
      }
      expect(Buffer.concat([...decodedPieces(cut(Buffer.from(text), cuts))])).toEqual(bytes);
    }),
  );
});
