import { JsonBody } from "./json-body.js";
import { MultipartBody } from "./multipart-body.js";
import { tagsFromText } from "./request-tags.js";

const ofForm = (...fields: [name: string, text: string][]): readonly string[] | undefined =>
  MultipartBody.of(fields.map(([name, text]) => ({ name, content: [Buffer.from(text)] }))).controls.tags;
const ofJson = (body: object): readonly string[] | undefined =>
  new JsonBody([Buffer.from(JSON.stringify(body))]).controls.tags;

describe("the tags of a form", () => {
  test.each<[string, [string, string][], string[] | undefined]>([
    ["none", [["user", "u"]], undefined],
    ["JSON", [["tags", '["free", "a,b"]']], ["free", "a,b"]],
    ["names between commas", [["tags", "free, paid,"]], ["free", "paid"]],
    [
      "in brackets, as clients of OpenAI send lists",
      [
        ["tags[]", "a"],
        ["tags[]", "b"],
      ],
      ["a", "b"],
    ],
    ["in metadata", [["metadata", '{"tags":["a"]}']], ["a"]],
    [
      "in the brackets of metadata",
      [
        ["metadata[tags][]", "a"],
        ["metadata[tags][]", "b"],
      ],
      ["a", "b"],
    ],
    ["in litellm_metadata", [["litellm_metadata", '{"tags":["a"]}']], ["a"]],
    ["metadata that is no JSON", [["metadata", "a note"]], undefined],
    [
      "tags count more than metadata",
      [
        ["metadata", '{"tags":["a"]}'],
        ["tags", "b"],
      ],
      ["b"],
    ],
    ["an empty list", [["tags", "[]"]], []],
  ])("%s", (_, fields, expected) => {
    expect(ofForm(...fields)).toEqual(expected);
  });
});

test.each<[object, string[] | undefined]>([
  [{ tags: ["a", "b"] }, ["a", "b"]],
  [{ tags: "a, b" }, ["a", "b"]],
  [{ tags: null, metadata: { tags: ["c"] } }, ["c"]],
  [{ metadata: null }, undefined],
  [{}, undefined],
])("the tags of %j are %j", (body, expected) => {
  expect(ofJson(body)).toEqual(expected);
});

test.each<[object, string]>([
  [{ tags: 1 }, "tags"],
  [{ tags: ["a", 1] }, "tags"],
  [{ tags: "[broken" }, "tags"],
  [{ tags: Array(101).fill("a") }, "tags"],
  [{ metadata: { tags: "a" } }, "metadata"],
])("%j is refused, naming the field", (body, field) => {
  let refusal: unknown;
  try {
    ofJson(body);
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toMatchObject({ field, code: "invalid_value" });
});

test("a header holds names between commas", () => {
  expect(tagsFromText(" a,b c , ,d")).toEqual(["a", "b c", "d"]);
});
