/** What gateways have got wrong about the cost of images; each test names the issue in which a user met it. */
import { stringify } from "yaml";
import { sendEdit } from "./edit-request.js";
import { readMetrics } from "./metrics-reading.js";
import { type RunningGateway, startGateway } from "./running-gateway.js";
import { stopAll } from "./running-process.js";
import { ScriptedUpstream } from "./scripted-upstream.js";
import { until } from "./until.js";

/** What the upstream answers, without its pictures. */
interface Facts {
  readonly usage?: object;
  readonly size?: string;
  readonly quality?: string;
}

let facts: Facts = {};
let pictures = 1;
let upstream: ScriptedUpstream;
let gateway: RunningGateway;

const deployments = {
  listed: { model: "openai/gpt-image-2" },
  "by-image": { model: "openai/gpt-image-2", model_info: { output_cost_per_image: 0.04 } },
  unknown: { model: "openai/gpt-image-9" },
  overridden: {
    model: "openai/gpt-image-9",
    input_cost_per_token: 1e-6,
    input_cost_per_image_token: 2e-6,
    output_cost_per_image_token: 3e-6,
  },
};

beforeAll(async () => {
  upstream = await new ScriptedUpstream((response) => {
    const data = Array.from({ length: pictures }, () => ({ b64_json: "cGljdHVyZQ==" }));
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ created: 1, data, ...facts }));
  }).listen();
  const config = stringify({
    model_list: Object.entries(deployments).map(([model_name, { model_info, ...parameters }]: Entry) => ({
      model_name,
      litellm_params: { ...parameters, api_base: `${upstream.url}/v1`, api_key: "sk-upstream" },
      ...(model_info && { model_info }),
    })),
  });
  gateway = await startGateway({ config });
});
afterAll(async () => {
  await stopAll();
  await upstream.close();
});

type Entry = [name: string, parameters: { readonly model: string; readonly model_info?: object }];

/** The cost of an edit as its client is told it: dollars, or undefined where none is told. */
async function costOf(model: string, answered: Facts, fields: Record<string, string> = {}, images = 1) {
  facts = answered;
  pictures = images;
  const { status, headers } = await sendEdit(gateway.url, { fields: { model, ...fields } });
  expect(status).toBe(200);
  return headers["x-litellm-response-cost"];
}

function usageOf(
  text: number,
  image: number,
  output: number,
  details: { input?: object; output?: object } = {},
) {
  return {
    input_tokens: text + image,
    output_tokens: output,
    total_tokens: text + image + output,
    input_tokens_details: { text_tokens: text, image_tokens: image, ...details.input },
    ...(details.output && { output_tokens_details: details.output }),
  };
}

// gpt-image-2: text 5, cached text 1.25, images 8, cached images 2; out 30, text out 10 dollars a million.
test.each<[string, object, string]>([
  ["output without details is images (litellm#31142)", usageOf(19, 512, 158), "0.008931"],
  [
    "output with details is split (litellm#31142)",
    usageOf(19, 512, 158, { output: { image_tokens: 100, text_tokens: 58 } }),
    "0.007771",
  ],
  [
    "text and images that go in have prices of their own (litellm#13847)",
    usageOf(510, 1452, 5488),
    "0.178806",
  ],
  ["text alone goes in (litellm#18541)", usageOf(510, 0, 5488), "0.16719"],
  [
    "cached text and images have theirs (litellm#13847)",
    usageOf(10, 1452, 5488, { input: { cached_tokens: 300 } }),
    "0.1745285",
  ],
  [
    "cached tokens that are split (litellm#13847)",
    usageOf(100, 1452, 5488, {
      input: { cached_tokens: 300, cached_tokens_details: { text_tokens: 50, image_tokens: 250 } },
    }),
    "0.1750685",
  ],
])("%s", async (_, usage, expected) => {
  expect(await costOf("listed", { usage })).toBe(expected);
});

describe("size and quality (litellm#10335)", () => {
  const requests = [{}, { size: "auto", quality: "auto" }, { size: "1536x1024", quality: "low" }];

  it.each(requests)("change nothing where there is a usage: %j", async (fields) => {
    expect(await costOf("listed", { usage: usageOf(30, 1000, 1756) }, fields)).toBe("0.06083");
  });

  it("decide where there is none: those of the answer, else of the request, else the dearest; never nothing", async () => {
    expect(await costOf("listed", { size: "1024x1024", quality: "low" }, { quality: "auto" })).toBe(
      "0.00588",
    );
    expect(await costOf("listed", {}, { size: "1536x1024", quality: "medium" })).toBe("0.04116");
    expect(await costOf("listed", {}, { size: "auto", quality: "auto" })).toBe("0.21072");
    expect(await costOf("listed", { usage: usageOf(0, 0, 0) }, {}, 2)).toBe("0.42144");
  });
});

it("a model that nobody listed has no cost, which is counted, and was warned of at the start (litellm#26863)", async () => {
  expect(await costOf("unknown", { usage: usageOf(30, 1000, 1756) })).toBeUndefined();
  const unpriced = async () => (await readMetrics(gateway)).sum("darkroom_unpriced_requests_total");
  await until(async () => (await unpriced()) === 1);
  expect(
    gateway.logLines().filter((line) => line.includes("no price is known for gpt-image-9")),
  ).toHaveLength(1);
});

it("unless the config says its prices (litellm#26863)", async () => {
  expect(await costOf("overridden", { usage: usageOf(30, 1000, 1756) })).toBe("0.007298");
});

it("a configured price of an image is charged for each that came, usage or not (litellm#10221, litellm#10013)", async () => {
  expect(await costOf("by-image", { usage: usageOf(30, 1000, 1756) }, { n: "3" }, 3)).toBe("0.12");
  expect(await costOf("by-image", {}, { n: "3" }, 2)).toBe("0.08");
});
