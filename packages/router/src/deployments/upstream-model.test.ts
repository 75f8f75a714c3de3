import { upstreamModel } from "./upstream-model.js";

test.each([
  [{ group: "edits", model: "gpt-image-2" }, "edits", "gpt-image-2"],
  [{ group: "openai/*", model: "*" }, "openai/gpt-image-2", "gpt-image-2"],
  [{ group: "openai/*", model: "gpt-*" }, "openai/image-2", "gpt-image-2"],
  [{ group: "*", model: "*" }, "gpt-image-2", "gpt-image-2"],
  [{ group: "openai/*", model: "*" }, "gpt-image-2", "gpt-image-2"],
  [{ group: "openai/*", model: "gpt-image-2" }, "openai/other", "gpt-image-2"],
])("%j asked for as %s is %s at the upstream", (deployment, requested, expected) => {
  expect(upstreamModel(deployment, requested)).toBe(expected);
});
