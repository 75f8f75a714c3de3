import fc from "fast-check";
import { deployment } from "./deployment.test.support.js";
import { InvalidRequestError } from "./invalid-request-error.js";
import { JsonBody } from "./json-body.js";
import { JsonOutline, longestStringBytes } from "./json-outline.js";

/** The bytes in chunks, split at these places. */
function split(bytes: Buffer, at: readonly number[]): Buffer[] {
  const places = [0, ...at.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

/** What a string may hold, as it is written: escapes of all kinds, and characters of one to four bytes. */
const written = fc.constantFrom(
  "a",
  "+",
  "\\/",
  "\\\\",
  '\\"',
  "\\n",
  "\\u00e9",
  "\\ud83d\\ude00",
  "é",
  "語",
  "😀",
);

test("a long string is left out from some character on, and all else can be read, at any split", () => {
  const longest = longestStringBytes + 40;
  fc.assert(
    fc.property(
      fc.array(written, { minLength: 1, maxLength: 20 }),
      fc.integer({ min: longestStringBytes - 30, max: longest }),
      fc.array(fc.nat(), { maxLength: 4 }),
      fc.integer({ min: -20, max: 20 }),
      (piece, length, places, near) => {
        const repeated = piece.join("").repeat(Math.ceil(length / piece.join("").length));
        const text = `{"a":1,"images":[{"image_url":"${repeated}"},"b\\"]"],"model":"x","n":2}`;
        const bytes = Buffer.from(text);
        const chunks = split(bytes, [...places, longestStringBytes + near]);
        const outline = JsonOutline.of(chunks);
        const body = new JsonBody(chunks, outline);

        expect(outline.text().length).toBeLessThan(longestStringBytes + 100);
        const [image, other] = body.valueOf("images") as [{ image_url: string }, string];
        expect((JSON.parse(`"${repeated}"`) as string).startsWith(image.image_url)).toBe(true);
        expect(image.image_url.length).toBeGreaterThan(longestStringBytes / 12 - 10);
        expect(other).toBe('b"]');
        expect(body.parameters.n).toBe(2);
        const sent = Buffer.concat(body.bodyFor(deployment));
        expect(sent.equals(Buffer.from(text.replace('"model":"x"', '"model":"gpt-image-2"')))).toBe(true);
      },
    ),
    { numRuns: 60 },
  );
});

test("several long strings are each left out", () => {
  const image = "QUJD".repeat(100_000);
  const text = JSON.stringify({ images: [image, image, image], mask: image, prompt: "hi", model: "x" });
  const chunks = split(Buffer.from(text), [100_000, 500_000, 900_001]);
  const body = new JsonBody(chunks);
  expect(body.valueOf("prompt")).toBe("hi");
  expect(Buffer.concat(body.bodyFor(deployment)).toString()).toBe(text.replace('"x"', '"gpt-image-2"'));
});

test("the bytes of a prompt that is cut off are all counted", () => {
  const prompt = "é".repeat(longestStringBytes);
  const { promptBytes } = new JsonBody([Buffer.from(JSON.stringify({ prompt }))]).inputs();
  expect(promptBytes).toBeGreaterThanOrEqual(Buffer.byteLength(prompt));
});

test("what would take long to parse is refused", () => {
  const numbers = Buffer.from(`{"seeds":[${"1,".repeat(1_100_000)}1]}`);
  const refused = (): JsonBody => new JsonBody(split(numbers, [1000, 2_000_000]));
  expect(refused).toThrow(InvalidRequestError);
  expect(refused).toThrow("more than 2 MiB besides the data of its images");
});
