import fc from "fast-check";
import type { Span } from "../body/edit-list.js";
import type { AnswerLayout, ImageMember } from "./answer-layout.js";
import { AnswerScanner } from "./answer-scanner.js";

function layoutOf(...pieces: Buffer[]): AnswerLayout {
  const scanner = new AnswerScanner();
  for (const piece of pieces) scanner.push(piece);
  return scanner.layout;
}

/** What the spans of a layout hold, as JSON.parse sees it. */
function read(text: string, { images, size }: AnswerLayout): object {
  const bytes = Buffer.from(text);
  const at = ({ start, end }: Span): string => bytes.toString("utf8", start, end);
  const member = ({ name, text: value }: ImageMember): unknown => {
    expect(at(name)).toMatch(/^".*"$/);
    return value === undefined ? "no text" : JSON.parse(`"${at(value)}"`);
  };
  return {
    images: images.map((image) => ({
      ...(image.b64_json && { b64_json: member(image.b64_json) }),
      ...(image.url && { url: member(image.url) }),
    })),
    ...(size && { size: JSON.parse(`"${at(size)}"`) as unknown }),
  };
}

const documents: readonly [string, object][] = [
  [
    '{"created":1,"data":[{"b64_json":"aGVsbG8="},{"revised_prompt":"url","b64_json":"d29ybGQ="}],"size":"1024x1536"}',
    { images: [{ b64_json: "aGVsbG8=" }, { b64_json: "d29ybGQ=" }], size: "1024x1536" },
  ],
  [
    ' { "size" : "auto" , "data" : [ { "url" : null , "b64_json" : "aa\\/a" , "x" : [ "b64_json", {"url":"no"} ] } ] } ',
    { images: [{ url: "no text", b64_json: "aa/a" }], size: "auto" },
  ],
  [
    '{"data":[{"u\\u0072l":"http:\\/\\/host\\/a?b=\\"c"}],"other":[{"url":"no"}],"usage":{"a":{"url":"no"}}}',
    { images: [{ url: 'http://host/a?b="c' }] },
  ],
  ['{"data":[],"size":null}', { images: [] }],
  [
    '{"data":[["url","x"],{"url":{"url":"no"},"b64_json":"eA=="}]}',
    { images: [{ url: "no text", b64_json: "eA==" }] },
  ],
];

test.each(documents)("is found at every pair of split points: %s", (text, expected) => {
  const bytes = Buffer.from(text);
  for (let first = 0; first <= bytes.length; first += 1) {
    for (let second = first; second <= bytes.length; second += 1) {
      const pieces = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)];
      expect(read(text, layoutOf(...pieces))).toEqual(expected);
    }
  }
});

test("is found in any answer", () => {
  const image = fc.record(
    { b64_json: fc.string(), url: fc.string(), extra: fc.jsonValue() },
    { requiredKeys: [] },
  );
  const answer = fc.record({
    extra: fc.jsonValue(),
    data: fc.array(image),
    size: fc.string(),
    usage: fc.jsonValue(),
  });
  fc.assert(
    fc.property(answer, fc.nat(), fc.boolean(), (value, cut, spaced) => {
      const text = JSON.stringify(value, null, spaced ? 2 : 0);
      const bytes = Buffer.from(text);
      const at = cut % (bytes.length + 1);
      const images = value.data.map(({ b64_json, url }) => ({
        ...(b64_json === undefined ? {} : { b64_json }),
        ...(url === undefined ? {} : { url }),
      }));
      expect(read(text, layoutOf(bytes.subarray(0, at), bytes.subarray(at)))).toEqual({
        images,
        size: value.size,
      });
    }),
  );
});
