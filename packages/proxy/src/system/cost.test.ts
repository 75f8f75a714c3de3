import { nanoUsdOf } from "./dollars.js";
import { type Answer, type FormPart, postForm } from "./form-request.js";
import { readMetrics } from "./metrics-reading.js";
import { type PictureOptions, png } from "./pictures.js";
import { type RunningGateway, configFor, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { type RunningSimulator, startSimulator } from "./running-simulator.js";
import { until } from "./until.js";

/** A model that the simulator serves and bills, and that no list of prices knows. */
const unpricedModel = "house-model";

const everyGroup = {
  "gpt-image-1": "gpt-image-1",
  "gpt-image-1-mini": "gpt-image-1-mini",
  "gpt-image-1.5": "gpt-image-1.5",
  "gpt-image-2": "gpt-image-2",
  "gpt-image-2-2026-04-21": "gpt-image-2-2026-04-21",
  "dall-e-2": "dall-e-2",
  house: unpricedModel,
};

let simulator: RunningSimulator;
let gateway: RunningGateway;

beforeAll(async () => {
  const models = [...Object.values(everyGroup).slice(0, -1), { id: unpricedModel, like: "gpt-image-1" }];
  simulator = await startSimulator({ models });
});
beforeEach(async () => {
  await simulator.clear();
  gateway = await startGateway({ config: configFor(simulator, { groups: everyGroup }) });
});
afterEach(() => gateway.stop());
afterAll(stopAll);

/** One edit, told by what its cost may depend on. */
interface Case {
  readonly model: string;
  readonly fields?: Readonly<Record<string, string>>;
  readonly prompt?: string;
  readonly images?: readonly PictureOptions[];
  readonly masked?: boolean;
}

const small = { width: 64, height: 64 };
const landscape = { width: 1536, height: 1024 };
const portrait = { width: 700, height: 2000 };

function partsOf({
  model,
  fields = {},
  prompt = "Add a red hat",
  images = [small],
  masked = false,
}: Case): FormPart[] {
  const values = Object.entries({ model, prompt, ...fields });
  const file = (name: string, options: PictureOptions): FormPart => {
    return { name, content: png(options), fileName: `${name}.png`, type: "image/png" };
  };
  const mask = masked ? [file("mask", { ...images[0], transparent: true })] : [];
  return [
    ...values.map(([name, content]) => ({ name, content })),
    ...images.map((options) => file("image", options)),
    ...mask,
  ];
}

const costOf = ({ headers, trailers }: Answer): string | undefined =>
  (headers["x-litellm-response-cost"] ?? trailers["x-litellm-response-cost"])?.toString();

/** Sends the edits at the same time; each must cost what the bill says, and all together what the metrics say. */
async function expectCostsAsBilled(cases: readonly Case[]): Promise<void> {
  const answers = await Promise.all(cases.map((one) => postForm(gateway.url, partsOf(one))));
  const { lines, totals } = await simulator.bill();
  const told = answers.map((answer, index) => ({
    ...cases[index],
    status: answer.status,
    cost: nanoUsdOf(String(costOf(answer))).toString(),
  }));
  const billed = answers.map(({ headers }, index) => ({
    ...cases[index],
    status: 200,
    cost: lines.find(({ requestId }) => requestId === headers["llm_provider-x-request-id"])?.nanoUsd,
  }));
  expect(told).toEqual(billed);
  expect(lines).toHaveLength(cases.length);

  // A client has its answer a moment before the request counts as answered.
  await until(async () => (await readMetrics(gateway)).sum("darkroom_requests_total") === cases.length);
  const metrics = await readMetrics(gateway);
  const byModel = new Map<string, bigint>();
  for (const { model, nanoUsd: amount } of lines)
    byModel.set(model, (byModel.get(model) ?? 0n) + BigInt(amount));
  for (const [model, amount] of byModel) {
    expect([model, metrics.sum("darkroom_spend_usd_total", { group: model }).toFixed(9)]).toEqual([
      model,
      (Number(amount) / 1e9).toFixed(9),
    ]);
  }
  expect(metrics.sum("darkroom_spend_usd_total").toFixed(9)).toBe(
    (Number(totals.overall.nanoUsd) / 1e9).toFixed(9),
  );
  expect(metrics.sum("darkroom_images_total")).toBe(totals.overall.images);
  expect(metrics.sum("darkroom_unpriced_requests_total")).toBe(0);
}

const tokenModels = Object.keys(everyGroup).filter((name) => name.startsWith("gpt-"));

describe.each(tokenModels)("%s costs what is billed", (model) => {
  const fidelity = model === "gpt-image-1-mini" ? {} : { input_fidelity: "high" };

  it("at every size and quality", async () => {
    const sizes = ["1024x1024", "1536x1024", "1024x1536", "auto", undefined];
    const qualities = ["low", "medium", "high", "auto", undefined];
    await expectCostsAsBilled(
      sizes.flatMap((size) =>
        qualities.map((quality) => ({
          model,
          fields: { ...(size === undefined ? {} : { size }), ...(quality === undefined ? {} : { quality }) },
        })),
      ),
    );
  });

  it("whatever goes in and however many come out", async () => {
    await expectCostsAsBilled([
      { model, fields: { n: "10", quality: "low" } },
      { model, fields: { n: "3", ...fidelity }, images: [small, landscape, portrait] },
      { model, images: Array.from({ length: 16 }, () => landscape) },
      { model, images: [portrait], masked: true },
      { model, prompt: "猫".repeat(31_999) },
      { model, prompt: "x", fields: { ...fidelity, size: "auto" }, images: [portrait] },
    ]);
  });

  it("streamed, with any number of partial images", async () => {
    await expectCostsAsBilled([
      ...[undefined, "0", "1", "2", "3"].map((partial) => ({
        model,
        fields: { stream: "true", ...(partial === undefined ? {} : { partial_images: partial }) },
      })),
      { model, fields: { stream: "true", n: "2", partial_images: "1", quality: "high" } },
      {
        model,
        fields: { stream: "true", size: "1024x1536", ...fidelity },
        images: [landscape, small],
        masked: true,
      },
    ]);
  });
});

it("gpt-image-2 costs what is billed at sizes of one's own", async () => {
  const sizes = ["2048x2048", "3840x2160", "1024x640", "656x1008"];
  await expectCostsAsBilled(
    sizes.flatMap((size) =>
      ["low", "medium", "high"].map((quality) => ({ model: "gpt-image-2", fields: { size, quality } })),
    ),
  );
});

it("dall-e-2 costs what is billed, by the image", async () => {
  const sizes = ["256x256", "512x512", "1024x1024", undefined];
  const model = "dall-e-2";
  await expectCostsAsBilled([
    ...sizes.flatMap((size) =>
      ["1", "2", "7", "10"].map((n) => ({ model, fields: { n, ...(size === undefined ? {} : { size }) } })),
    ),
    { model, fields: { quality: "standard", size: "512x512" }, masked: true },
    { model, fields: { response_format: "b64_json", size: "256x256", n: "3" } },
  ]);
});

it("edits that are retried or refused cost what is billed", async () => {
  await simulator.setFaults({ count: 2, fault: { kind: "status", status: 500 } });
  await expectCostsAsBilled([1, 2, 3, 4].map(() => ({ model: "gpt-image-1", fields: { quality: "high" } })));
  const refused = await postForm(gateway.url, partsOf({ model: "gpt-image-1", fields: { n: "11" } }));
  expect(refused.status).toBe(400);
  expect(costOf(refused)).toBeUndefined();
});

it("an edit without a known price says so: no cost, and a count of its own", async () => {
  const answers = await Promise.all([
    postForm(gateway.url, partsOf({ model: "house" })),
    postForm(gateway.url, partsOf({ model: "house", fields: { stream: "true" } })),
    postForm(gateway.url, partsOf({ model: "gpt-image-1" })),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  const { lines } = await simulator.bill();
  const known = lines.find(({ model }) => model === "gpt-image-1")?.nanoUsd;
  expect(answers.map((answer) => costOf(answer))).toEqual([undefined, undefined, expect.any(String)]);
  expect(nanoUsdOf(String(costOf(answers[2]))).toString()).toBe(known);

  await until(async () => (await readMetrics(gateway)).sum("darkroom_requests_total") === 3);
  const metrics = await readMetrics(gateway);
  expect(metrics.sum("darkroom_unpriced_requests_total")).toBe(2);
  expect(metrics.sum("darkroom_unpriced_requests_total", { group: "house" })).toBe(2);
  expect(metrics.sum("darkroom_spend_usd_total").toFixed(9)).toBe((Number(known) / 1e9).toFixed(9));
});
