import { listPrices, withPrices } from "@darkroom/cost-calculator";
import { JsonBody } from "./body/json-body.js";
import { MultipartBody } from "./body/multipart-body.js";
import type { Deployment } from "./deployments/deployment.js";
import { estimateOf, plannedEdit } from "./estimate.js";

const deployment: Deployment = {
  id: "first",
  group: "edits",
  model: "gpt-image-1",
  apiBase: "https://api.openai.com/v1",
  apiKey: "sk-test",
  weight: 1,
};

/** The start of a PNG is all that is looked at. */
function png(width: number, height: number): Buffer {
  const bytes = Buffer.from("89504e470d0a1a0a0000000d494844520000000000000000", "hex");
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes;
}

const fields = {
  prompt: "Add a red hat",
  size: "1024x1024",
  quality: "low",
  n: "2",
  stream: "true",
  partial_images: "1",
  input_fidelity: "high",
};

const form = MultipartBody.of([
  ...Object.entries(fields).map(([name, value]) => ({ name, content: [Buffer.from(value)] })),
  { name: "image", fileName: "a.png", content: [png(512, 512)] },
  { name: "mask", fileName: "b.png", content: [png(512, 512)] },
]);

const json = new JsonBody([
  Buffer.from(
    JSON.stringify({
      ...fields,
      n: 2,
      stream: true,
      partial_images: 1,
      images: [{ image_url: `data:image/png;base64,${png(512, 512).toString("base64")}` }],
      mask: { image_url: `data:image/png;base64,${png(512, 512).toString("base64")}` },
    }),
  ),
]);

const square = { width: 512, height: 512 };

describe.each([
  ["a form", form],
  ["JSON", json],
])("an edit as %s", (_, body) => {
  const edit = { parameters: body.parameters, body };

  it("is planned with all that its cost depends on", () => {
    expect(plannedEdit(edit, deployment)).toEqual({
      model: "gpt-image-1",
      size: "1024x1024",
      quality: "low",
      n: 2,
      stream: true,
      partialImages: 1,
      inputFidelity: "high",
      promptBytes: 13,
      images: [square],
      mask: square,
    });
  });

  it("costs at most what the calculator says of it", () => {
    const { nanoUsd, basis } = estimateOf(edit, deployment) ?? {};
    expect(basis).toBe("tokens");
    // Two images of 272 tokens with a partial one of 100 each, at $40 a million, are the output alone.
    expect(nanoUsd).toBeGreaterThan(2n * 372n * 40_000n);
  });

  it("costs what the deployment's base model and prices say", () => {
    const house = { ...deployment, model: "house-model" };
    expect(estimateOf(edit, house)).toBeNull();
    expect(estimateOf(edit, { ...house, baseModel: "gpt-image-1" })).toEqual(estimateOf(edit, deployment));
    const prices = withPrices(listPrices, new Map([["house-model", { images: [{ usd: "0.04" }] }]]));
    expect(estimateOf(edit, { ...house, prices })).toMatchObject({ nanoUsd: 80_000_000n, basis: "images" });
  });
});

test("what nobody can read costs more than what somebody can", () => {
  const parameters = form.parameters;
  const known = MultipartBody.of([{ name: "image", fileName: "", content: [png(512, 512)] }]);
  const unknown = MultipartBody.of([{ name: "image", fileName: "", content: [Buffer.from("?")] }]);
  const costs = [known, unknown].map((body) => estimateOf({ parameters, body }, deployment)?.nanoUsd ?? 0n);
  expect(costs[1]).toBeGreaterThan(costs[0] ?? 0n);
});

test.each([
  ["a form", form],
  ["JSON", json],
])("what is left out of %s is not paid for", (_, body) => {
  const edit = { parameters: body.parameters, body };
  const mini = { ...deployment, model: "gpt-image-1-mini" };
  expect(plannedEdit(edit, mini)).toHaveProperty("inputFidelity", "high");
  const planned = plannedEdit(edit, { ...mini, dropParams: true });
  expect(planned).not.toHaveProperty("inputFidelity");
  expect(planned).toMatchObject({ quality: "low", partialImages: 1, stream: true, n: 2 });
  const old = { ...deployment, model: "dall-e-2", dropParams: true };
  expect(plannedEdit(edit, old)).not.toHaveProperty("quality");
  expect(plannedEdit(edit, old)).not.toHaveProperty("partialImages");
  const [all = 0n, less = 0n] = [mini, { ...mini, dropParams: true }].map(
    (to) => estimateOf(edit, to)?.nanoUsd,
  );
  expect(less).toBeLessThan(all);
});
