import fc from "fast-check";
import { AnswerScanner } from "./answer-scanner.js";

function scanned(...pieces: Buffer[]): AnswerScanner {
  const scanner = new AnswerScanner();
  for (const piece of pieces) scanner.push(piece);
  return scanner;
}

const documents = [
  '{"created":1,"data":[{"b64_json":"aGVsbG8="},{"b64_json":"d29ybGQ="}],"size":"1024x1536","quality":"high","usage":{"total_tokens":3,"d":{"e":[1,2,{"f":"}"}]}}}',
  '{"data":[{"usage":{"x":1},"b64_json":"aa\\"usage\\":{}"}],"usage":{"total_tokens":4}}',
  '{"us\\u0061ge":{"a":1},"z":"\\\\"}',
  '{"x":"\\\\\\\\\\"","usage":null,"data":[]}',
  ' {"usage" : {"a" : [ ] } , "size" : "auto"} ',
  '{"error":{"message":"say \\"usage\\": no","type":"server_error"}}',
];

interface Answer {
  data?: unknown[];
  usage?: unknown;
  size?: string;
  quality?: string;
  error?: unknown;
}

function factsByParsing(text: string): object {
  const { data = [], usage, size, quality, error } = JSON.parse(text) as Answer;
  const facts = { images: data.length, usage, size, quality, error };
  return Object.fromEntries(
    Object.entries(facts).filter(([, value]) => value !== undefined && value !== null),
  );
}

describe("an answer's facts", () => {
  test.each(documents)("are those JSON.parse finds, at every pair of split points: %s", (text) => {
    const bytes = Buffer.from(text);
    const expected = factsByParsing(text);
    for (let first = 0; first <= bytes.length; first += 1) {
      for (let second = first; second <= bytes.length; second += 1) {
        const scanner = scanned(
          bytes.subarray(0, first),
          bytes.subarray(first, second),
          bytes.subarray(second),
        );
        expect(scanner.facts).toEqual(expected);
        expect(scanner.complete).toBe(true);
      }
    }
  });

  test("are those JSON.parse finds for any answer, formatted or not, cut anywhere", () => {
    const image = fc.record({ b64_json: fc.string() });
    const answer = fc.record(
      {
        created: fc.nat(),
        extra: fc.jsonValue(),
        data: fc.array(image),
        size: fc.string(),
        usage: fc.dictionary(fc.string(), fc.jsonValue()),
        quality: fc.string(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(answer, fc.nat(3), fc.array(fc.nat(), { maxLength: 6 }), (value, indent, cuts) => {
        const text = JSON.stringify(value, null, indent);
        const bytes = Buffer.from(text);
        const ends = [...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
        let from = 0;
        const pieces = ends.map((end) => bytes.subarray(from, (from = end)));
        expect(scanned(...pieces).facts).toEqual(factsByParsing(text));
      }),
      { numRuns: 500 },
    );
  });

  test("a document is complete only at its last byte", () => {
    const bytes = Buffer.from(documents[0] ?? "");
    for (let length = 0; length < bytes.length; length += 1) {
      expect(scanned(bytes.subarray(0, length)).complete).toBe(false);
    }
  });

  test("a value too long to be one of ours is not kept", () => {
    const text = JSON.stringify({ size: "9".repeat(100_000), quality: "low" });
    expect(scanned(Buffer.from(text)).facts).toEqual({ images: 0, quality: "low" });
  });
});
