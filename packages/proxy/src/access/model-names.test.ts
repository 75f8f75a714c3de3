import { type Deployment, createRouter } from "@darkroom/router";
import { modelNames } from "./model-names.js";

const deployment = (
  id: string,
  group: string,
  model: string,
  more: Partial<Deployment> = {},
): Deployment => ({
  id,
  group,
  model,
  apiBase: "http://upstream.test/v1",
  apiKey: "sk-any",
  ...more,
});

const deployments = [
  deployment("one", "gpt-image-1", "gpt-image-1"),
  deployment("two", "gpt-image-1", "gpt-image-1", { provider: "azure" }),
  deployment("three", "edits", "gpt-image-1"),
  deployment("any", "dall-e-*", "dall-e-*"),
];
const router = createRouter({
  deployments,
  aliases: new Map([["house", { model: "gpt-image-1", hidden: false }]]),
});
afterAll(() => router.close());
const { namesOf } = modelNames(router, deployments, new Map());

test.each([
  ["a group that is called as its model", "gpt-image-1", ["openai/gpt-image-1", "azure/gpt-image-1"]],
  ["an alias of it", "house", ["openai/gpt-image-1", "azure/gpt-image-1"]],
  ["a deployment of it", "one", ["openai/gpt-image-1", "azure/gpt-image-1"]],
  ["a model of a wildcard", "dall-e-2", ["openai/dall-e-2"]],
  ["a group with a name of its own", "edits", []],
  ["what nobody serves", "gpt-9", []],
])("%s goes by its providers' names", (_, model, expected) => {
  expect(namesOf(model).filter((name) => name.includes("/"))).toEqual(expected);
});
