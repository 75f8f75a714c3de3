import { deployment } from "../body/deployment.test.support.js";
import type { Deployment } from "./deployment.js";
import { isUnsupported, isUnsupportedSomewhere } from "./unsupported-fields.js";

const of = (model: string, more: Partial<Deployment> = {}): Deployment => ({ ...deployment, model, ...more });

const gptAlone = [
  "background",
  "input_fidelity",
  "moderation",
  "output_compression",
  "output_format",
  "partial_images",
  "stream",
];

test.each(gptAlone)("dall-e-2 does not support %s", (field) => {
  expect(isUnsupported(of("dall-e-2"), field, "x")).toBe(true);
  for (const model of ["gpt-image-1", "gpt-image-1.5", "gpt-image-2", "chatgpt-image-latest"]) {
    expect([model, isUnsupported(of(model), field, "x")]).toEqual([model, false]);
  }
});

test.each([
  ["gpt-image-1-mini", true],
  ["gpt-image-1-mini-2025-10-06", true],
  ["gpt-image-1-minimal", false],
  ["gpt-image-1", false],
  ["gpt-image-2", false],
])("of GPT image models, gpt-image-1-mini alone has no input_fidelity: %s", (model, expected) => {
  expect(isUnsupported(of(model), "input_fidelity", "high")).toBe(expected);
});

test.each([
  ["dall-e-2", "low", true],
  ["dall-e-2", "max", true],
  ["dall-e-2", "standard", false],
  ["dall-e-2", "auto", false],
  ["dall-e-2", "hd", false],
  ["gpt-image-1", "standard", true],
  ["gpt-image-1", "high", false],
  ["gpt-image-1", "xhigh", false],
  ["gpt-image-1.5-2025-12-16", "standard", true],
  ["gpt-image-2.6-flare", "standard", true],
  ["chatgpt-image-latest", "standard", true],
  ["gpt-image-10", "standard", false],
  ["gpt-image-3", "standard", false],
])("%s and the quality %s", (model, quality, expected) => {
  expect(isUnsupported(of(model), "quality", quality)).toBe(expected);
});

test("what is newer than the table, or was never in it, passes", () => {
  for (const field of ["size", "n", "prompt", "user", "response_format", "complexity", "constructor", ""]) {
    expect([field, isUnsupportedSomewhere(field)]).toEqual([field, false]);
    expect(isUnsupported(of("dall-e-2"), field, "x")).toBe(false);
  }
  for (const model of ["dall-e-3", "dall-e-2-house", "flux", "gpt-image", "my-gpt-image-1"]) {
    for (const field of [...gptAlone, "quality"]) expect(isUnsupported(of(model), field, "low")).toBe(false);
  }
});

test("the base model decides, without its provider's prefix and in any case", () => {
  expect(isUnsupported(of("our-own", { baseModel: "azure/DALL-E-2" }), "background", "opaque")).toBe(true);
  expect(isUnsupported(of("dall-e-2", { baseModel: "gpt-image-1" }), "background", "opaque")).toBe(false);
});

test("a deployment's own word counts more than its model", () => {
  const own = of("dall-e-2", { supportedFields: ["background"] });
  expect(["background", "quality"].map((field) => isUnsupported(own, field, "low"))).toEqual([false, true]);
  const streams = of("dall-e-2", { capabilities: { stream: true } });
  const fields = ["stream", "partial_images", "background"];
  expect(fields.map((field) => isUnsupported(streams, field, "1"))).toEqual([false, false, true]);
  const small = of("dall-e-2", { capabilities: { stream: false, inputImages: 4 } });
  expect(isUnsupported(small, "stream", "false")).toBe(true);
});
