import { JsonBody, MultipartBody, type Part } from "@darkroom/router";
import fc from "fast-check";
import { fingerprintOf } from "./fingerprint.js";

const route = { model: "edits", tags: [] };
const field = (name: string, text: string): Part => ({ name, content: [Buffer.from(text)] });
const file = (
  name: string,
  bytes: Buffer | readonly Buffer[],
  fileName = "a.png",
  contentType = "image/png",
): Part => ({
  name,
  fileName,
  contentType,
  content: Array.isArray(bytes) ? bytes : [bytes as Buffer],
});

const ofForm = (...parts: readonly Part[]): Promise<string> => fingerprintOf(MultipartBody.of(parts), route);
const ofJson = (text: string): Promise<string> => fingerprintOf(new JsonBody([Buffer.from(text)]), route);

const bytes = Buffer.from("image bytes");
const prompt = field("prompt", "Add a hat");

it("is the same for the same parts, however their bytes arrived and their names were ordered", async () => {
  const expected = await ofForm(prompt, field("n", "1"), file("image", bytes));
  expect(
    await ofForm(file("image", [bytes.subarray(0, 3), bytes.subarray(3)]), field("n", "1"), prompt),
  ).toBe(expected);
  expect(expected).toMatch(/^[\da-f]{64}$/);
});

it.each<[string, readonly Part[]]>([
  ["another text", [field("prompt", "Add two hats"), file("image", bytes)]],
  ["another field", [prompt, field("n", "1"), file("image", bytes)]],
  ["a field of the gateway's own", [prompt, field("num_retries", "0"), file("image", bytes)]],
  ["other bytes", [prompt, file("image", Buffer.from("other bytes"))]],
  ["another file name", [prompt, file("image", bytes, "b.png")]],
  ["another type", [prompt, file("image", bytes, "a.png", "image/webp")]],
  ["another name", [prompt, file("image[]", bytes)]],
  ["one more of the same", [prompt, file("image", bytes), file("image", bytes)]],
])("differs with %s", async (_, parts) => {
  expect(await ofForm(...parts)).not.toBe(await ofForm(prompt, file("image", bytes)));
});

it("differs with the order of parts that have one name", async () => {
  const [one, two] = [file("image[]", Buffer.from("one")), file("image[]", Buffer.from("two"))];
  expect(await ofForm(prompt, one, two)).not.toBe(await ofForm(prompt, two, one));
});

it("differs with model and tags", async () => {
  const form = MultipartBody.of([prompt, file("image", bytes)]);
  const all = await Promise.all([
    fingerprintOf(form, route),
    fingerprintOf(form, { ...route, model: "others" }),
    fingerprintOf(form, { ...route, tags: ["paid"] }),
  ]);
  expect(new Set(all).size).toBe(3);
});

it("covers a JSON body byte by byte", async () => {
  const text = '{"prompt": "Add a hat", "images": [{"image_url": "https://example.com/a.png"}]}';
  expect(await ofJson(text)).toBe(await ofJson(text));
  expect(await ofJson(text)).not.toBe(await ofJson(text.replace(": ", ":")));
});

it("reads bodies of many megabytes to their end", async () => {
  const large = Buffer.alloc(3 * 1024 * 1024 + 1);
  const before = await ofForm(prompt, file("image", [large.subarray(0, 100), large.subarray(100)]));
  expect(await ofForm(prompt, file("image", large))).toBe(before);
  large[large.length - 1] = 1;
  expect(await ofForm(prompt, file("image", large))).not.toBe(before);
});

it("two forms have the same only if their parts are the same", async () => {
  // Few characters, among them those that frame the parts, so that forms often nearly agree.
  const text = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "]", "0"), maxLength: 4 });
  const part = fc
    .tuple(fc.constantFrom("a", "b", 'a",'), text, fc.option(text, { nil: undefined }))
    .map(([name, content, fileName]): Part => ({ name, fileName, content: [Buffer.from(content)] }));
  const parts = fc.array(part, { maxLength: 3 });
  const seen = (form: readonly Part[]): string =>
    JSON.stringify(
      form
        .map(
          ({ name, fileName, content }) =>
            [name, fileName ?? null, Buffer.concat(content).toString()] as const,
        )
        .sort(([a], [b]) => (a < b ? -1 : Number(a > b))),
    );
  await fc.assert(
    fc.asyncProperty(parts, parts, async (one, other) => {
      expect((await ofForm(...one)) === (await ofForm(...other))).toBe(seen(one) === seen(other));
    }),
    { numRuns: 1000 },
  );
});
