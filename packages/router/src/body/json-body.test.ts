import fc from "fast-check";
import type { Deployment } from "../deployments/deployment.js";
import { deployment } from "./deployment.test.support.js";
import { InvalidRequestError } from "./invalid-request-error.js";
import { JsonBody } from "./json-body.js";

function sent(text: string, to: Deployment = deployment): string {
  return Buffer.concat(new JsonBody([Buffer.from(text)]).bodyFor(to)).toString("utf8");
}

function refusalOf(bytes: Buffer): InvalidRequestError {
  try {
    new JsonBody([bytes]);
  } catch (error) {
    if (error instanceof InvalidRequestError) return error;
    throw error;
  }
  throw new Error("the body was accepted");
}

describe("what reaches the upstream", () => {
  test.each([
    ['{"model":"edits","n":1}', '{"model":"gpt-image-2","n":1}'],
    ['{ "n" : 1.0 , "model" : null }\n', '{ "n" : 1.0 , "model" : "gpt-image-2" }\n'],
    ['{"mod\\u0065l":"x"}', '{"mod\\u0065l":"gpt-image-2"}'],
    ["{}", '{"model":"gpt-image-2"}'],
    [" { } ", ' {"model":"gpt-image-2" } '],
    ['{"seed":12345678901234567890}', '{"model":"gpt-image-2","seed":12345678901234567890}'],
    ['{"tags":["a"],"model":"x"}', '{"model":"gpt-image-2"}'],
    ['{"model":"x", "tags":["a"]}', '{"model":"gpt-image-2"}'],
    ['{"a":1, "cache":[{"b":"}"}],\n"model":"x" ,"c":2}', '{"a":1,\n"model":"gpt-image-2" ,"c":2}'],
    ['{"cache":1,"metadata":{}}', '{"model":"gpt-image-2"}'],
    ['{"response_format":"url","a":"é\\ud83d\\ude00😀"}', '{"model":"gpt-image-2","a":"é\\ud83d\\ude00😀"}'],
  ])("%s is sent as %s", (body, expected) => {
    expect(sent(body)).toBe(expected);
  });

  test.each([
    ['{"model":"edits","n":1}', '{"n":1}'],
    ['{"n":1 , "model":"edits"}', '{"n":1}'],
    ['{"a":1, "model":"edits",\n"b":2}', '{"a":1,\n"b":2}'],
    ['{"tags":["t"],"model":"x","a":1}', '{"a":1}'],
    ['{ "model" : "x" }', "{  }"],
    ['{"a":1}', '{"a":1}'],
    ["{}", "{}"],
  ])("%s is sent as %s where the deployment's URL says which model is meant", (body, expected) => {
    const azure: Deployment = { ...deployment, provider: "azure", apiBase: "https://resource.test" };
    expect(sent(body, azure)).toBe(expected);
    expect(sent(body, { ...azure, apiVersion: "v1" })).toBe(sent(body));
  });

  test("every other member unchanged, whatever surrounds it", () => {
    const own = fc.constantFrom("cache", "guardrails", "mock_response", "num_retries_", "user");
    const members = fc.dictionary(fc.oneof(own, fc.string({ unit: "binary" })), fc.jsonValue(), {
      maxKeys: 8,
    });
    fc.assert(
      fc.property(members, fc.constantFrom(undefined, 1, "\t"), (value, indentation) => {
        const meaningful = [
          "model",
          "n",
          "size",
          "quality",
          "stream",
          "timeout",
          "fallbacks",
          "tags",
          "response_format",
        ];
        const request = Object.fromEntries(
          Object.entries(value).filter(([name]) => !meaningful.includes(name)),
        );
        const { cache: _c, guardrails: _g, mock_response: _r, ...expected } = request;
        const text = JSON.stringify(request, undefined, indentation);
        expect(JSON.parse(sent(text))).toEqual(
          JSON.parse(JSON.stringify({ ...expected, model: "gpt-image-2" })),
        );
      }),
    );
  });

  test("the members that the model refuses are named", () => {
    const body = new JsonBody([Buffer.from('{"response_format":"url"}')]);
    expect(body.droppedFor(deployment)).toEqual(["response_format"]);
    expect(sent('{"response_format":"url"}', { ...deployment, model: "other" })).toBe(
      '{"model":"other","response_format":"url"}',
    );
    expect(sent('{"response_format":null}')).toBe('{"model":"gpt-image-2"}');
    expect(sent('{"response_format":5}')).toContain('"response_format":5');
  });

  test("a body that arrived in pieces, split inside a character", () => {
    const bytes = Buffer.from('{"prompt":"猫","model":"x"}');
    const body = new JsonBody([bytes.subarray(0, 12), bytes.subarray(12)]);
    expect(Buffer.concat(body.bodyFor(deployment)).toString()).toBe('{"prompt":"猫","model":"gpt-image-2"}');
  });
});

describe("what the gateway reads", () => {
  test("model, parameters, controls and any other value", () => {
    const body = new JsonBody([
      Buffer.from(
        '{"model":"é\\n","n":3,"stream":true,"size":null,"timeout":2,"fallbacks":["b"],"metadata":{"tags":["猫"]}}',
      ),
    ]);
    expect(body.model).toBe("é\n");
    expect(body.parameters).toEqual({ n: 3, stream: true });
    expect(body.controls).toEqual({ timeoutMs: 2000, fallbacks: ["b"], tags: ["猫"] });
    expect(body.valueOf("metadata")).toEqual({ tags: ["猫"] });
    expect(body.valueOf("constructor")).toBeUndefined();
  });

  test.each([
    ['{"n":0}', "n"],
    ['{"n":1.5}', "n"],
    ['{"n":[1]}', "n"],
    ['{"size":1024}', "size"],
    ['{"stream":"yes"}', "stream"],
    ['{"model":["a"]}', "model"],
    ['{"timeout":1e9}', "timeout"],
    ['{"fallbacks":[{"model":"b","n":2}]}', "fallbacks"],
    ['{"model":"a","mod\\u0065l":"b"}', "model"],
    ['{"n":1,"n":10}', "n"],
  ])("%s is refused by name", (body, name) => {
    expect(refusalOf(Buffer.from(body)).field).toBe(name);
  });

  test.each([
    "",
    "[]",
    "null",
    '"x"',
    '{"a":1,}',
    '{"a":1 /* c */}',
    "// c\n{}",
    "{'a':1}",
    '{"a":01}',
    "{} {}",
    "\ufeff{}",
    '{"a":"\n"}',
  ])("%j is no strict JSON object", (body) => {
    expect(refusalOf(Buffer.from(body)).code).toBe("invalid_json");
  });

  test("bytes that are no UTF-8 are refused, not repaired", () => {
    expect(refusalOf(Buffer.from('{"prompt":"caf\xe9"}', "latin1")).message).toBe(
      "The request body is not valid UTF-8.",
    );
  });
});

test("another size takes the place of the client's, and nothing else changes", () => {
  const body = new JsonBody([Buffer.from('{"model":"edits", "size" : "512x512","n":1,"size_fit":true}')]);
  expect(Buffer.concat(body.bodyFor(deployment, "816x816")).toString()).toBe(
    '{"model":"gpt-image-2", "size" : "816x816","n":1}',
  );
  expect([body.controls.sizeFit, body.parameters.size]).toEqual([true, "512x512"]);
});
