import { type RequestHeaders, keyFromHeaders } from "./key-from-headers.js";

const precedence = [
  "x-litellm-api-key",
  "authorization",
  "api-key",
  "x-api-key",
  "x-goog-api-key",
  "ocp-apim-subscription-key",
];

test.each<[string, RequestHeaders]>([
  ["OpenAI", { authorization: "Bearer sk-1" }],
  ["a lower-case scheme", { authorization: "bearer sk-1" }],
  ["several blanks", { authorization: " Bearer   sk-1 " }],
  ["Azure", { "api-key": "sk-1" }],
  ["Anthropic", { "x-api-key": "sk-1" }],
  ["Google", { "x-goog-api-key": "sk-1" }],
  ["Azure API Management", { "ocp-apim-subscription-key": "sk-1" }],
  ["LiteLLM", { "x-litellm-api-key": "sk-1" }],
  ["LiteLLM with a scheme", { "x-litellm-api-key": "Bearer sk-1" }],
  ["a header sent twice", { "x-api-key": ["sk-1", "sk-2"] }],
])("finds the key as %s sends it", (_, headers) => {
  expect(keyFromHeaders(headers)).toBe("sk-1");
});

test.each<[string, RequestHeaders]>([
  ["no header at all", {}],
  ["an empty header", { authorization: "", "x-api-key": " " }],
  ["another scheme", { authorization: "Basic c2stMTo=" }],
  ["a scheme without a key", { authorization: "Bearer " }],
  ["a bare key as authorization", { authorization: "sk-1" }],
  ["an unrelated header", { cookie: "sk-1" }],
  ["an empty list", { "x-api-key": [] }],
])("finds no key in %s", (_, headers) => {
  expect(keyFromHeaders(headers)).toBeUndefined();
});

test("each header gives way to those before it", () => {
  for (const [index, name] of precedence.entries()) {
    const headers = Object.fromEntries(precedence.slice(index).map((other) => [other, `Bearer ${other}`]));
    expect(keyFromHeaders(headers)).toBe(name);
  }
});

test("an empty header gives way to the next", () => {
  expect(keyFromHeaders({ "x-litellm-api-key": "", "x-api-key": "sk-1" })).toBe("sk-1");
});

test("an authorization that is no bearer is not passed over", () => {
  expect(keyFromHeaders({ authorization: "Basic c2stMTo=", "x-api-key": "sk-1" })).toBeUndefined();
});

test("a configured header is the only one that counts", () => {
  const headers = { "x-house-key": "Bearer sk-1", "x-litellm-api-key": "sk-2", authorization: "Bearer sk-3" };
  expect(keyFromHeaders(headers, "X-House-Key")).toBe("sk-1");
  expect(keyFromHeaders({ authorization: "Bearer sk-3" }, "X-House-Key")).toBeUndefined();
});
