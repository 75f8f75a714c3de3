import { nanoUsdOf } from "./dollars.js";
import { png } from "./pictures.js";
import { RunningProcess, stopAll } from "./running-process.js";

afterAll(stopAll);

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly complaints: string;
}

const files = {
  "config.yaml": `model_list:
  - {model_name: edits, litellm_params: {model: openai/gpt-image-1, api_key: sk-one}, model_info: {id: one}}
  - {model_name: edits, litellm_params: {model: openai/house-model, api_key: sk-two, output_cost_per_image: 0.04}, model_info: {id: two}}
  - {model_name: other, litellm_params: {model: openai/unlisted, api_key: sk-three}, model_info: {id: three}}
  - {model_name: "any/*", litellm_params: {model: "openai/*", api_key: sk-four}, model_info: {id: four}}
`,
};

/** `darkroom price` in a folder with the config and pictures. */
async function price(flags: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  const process = new RunningProcess({
    program: "proxy/dist/main.js",
    arguments: ["price", ...flags],
    environment,
    files: {
      ...files,
      "photo.png": png({ width: 512, height: 512 }),
      "tall.png": png({ width: 100, height: 400 }),
    },
  });
  const { code } = await process.ended;
  return { code, output: process.standardOutput, complaints: process.standardError };
}

interface Row {
  readonly deployment: string;
  readonly model: string;
  readonly atMostUsd: string | null;
  readonly basis?: string;
  readonly breakdownUsd?: Readonly<Record<string, string>>;
  readonly listPriceOfImagesUsd?: string | null;
  readonly reason?: string;
}

async function rows(flags: readonly string[]): Promise<readonly Row[]> {
  const { code, output, complaints } = await price(["--config", "config.yaml", "--json", ...flags]);
  expect([code, complaints]).toEqual([0, ""]);
  return (JSON.parse(output) as { deployments: readonly Row[] }).deployments;
}

const explicit = ["--size", "1024x1024", "--quality", "high", "--image", "photo.png"];

it("prints a table of all deployments, and what to set where nothing is known", async () => {
  const { code, output } = await price(["--config", "config.yaml", "--prompt", "Add a red hat", ...explicit]);
  expect(code).toBe(0);
  const [heading, ...lines] = output.trimEnd().split("\n");
  expect(heading?.split(/ {2,}/)).toEqual([
    "group",
    "deployment",
    "model",
    "at most",
    "by",
    "input text",
    "input images",
    "output images",
    "output text",
    "list price of the images",
  ]);
  // gpt-image-1: one tile of 194 tokens at $10 a million in, 4,160 at $40 out.
  expect(lines[0]).toMatch(
    /^edits +one +gpt-image-1 +\$0\.\d+ +tokens +\$0\.\d+ +\$0\.00194 +\$0\.1664 +\$0 +\$0\.167$/,
  );
  expect(lines[1]).toMatch(/^edits +two +house-model +\$0\.04 +images +\$0 +\$0 +\$0\.04 +\$0 +\$0\.04$/);
  expect(lines.slice(2)).toEqual([
    expect.stringMatching(
      /^other \(three\): .*unlisted.*Set its prices, or estimate_ceiling_usd, in its litellm_params/,
    ),
    expect.stringMatching(/^any\/\* \(four\): .*name one with --model$/),
  ]);
});

it("sums up: the parts are the whole, and n counts", async () => {
  const [one, two] = await rows([...explicit, "-n", "3", "--mask", "photo.png"]);
  const parts = Object.values(one?.breakdownUsd ?? {}).map(nanoUsdOf);
  expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(nanoUsdOf(one?.atMostUsd ?? "0"));
  expect(one).toMatchObject({ listPriceOfImagesUsd: "0.501", basis: "tokens" });
  expect(two).toMatchObject({ atMostUsd: "0.12", listPriceOfImagesUsd: "0.12" });
});

it("has no list price as long as the model may choose size or quality", async () => {
  const [one, two] = await rows(["--image", "photo.png", "--model", "edits", "--size", "1024x1024"]);
  expect(one?.listPriceOfImagesUsd).toBeNull();
  expect(two?.listPriceOfImagesUsd).toBe("0.04");
});

it("costs more for more, larger and unknown images, and for intermediate ones", async () => {
  const atMost = async (...flags: string[]): Promise<number> =>
    Number((await rows(["--model", "edits", ...flags]))[0]?.atMostUsd);
  const one = await atMost("--image", "photo.png");
  expect(await atMost("--image", "tall.png")).toBeGreaterThan(one);
  expect(await atMost("--image", "photo.png", "tall.png")).toBeGreaterThan(one);
  expect(await atMost("--image", "config.yaml")).toBeGreaterThan(one);
  expect(await atMost()).toBe(await atMost("--image", "config.yaml"));
  expect(await atMost("--image", "photo.png", "--partial-images", "3")).toBeGreaterThan(one);
  expect(await atMost("--image", "photo.png", "--input-fidelity", "high")).toBeGreaterThan(one);
  expect(await atMost("--image", "photo.png", "--quality", "low")).toBeLessThan(one);
});

it("takes a wildcard's deployments for the model that is named", async () => {
  expect(await rows([...explicit, "--model", "any/gpt-image-2"])).toEqual([
    expect.objectContaining({ deployment: "four", model: "gpt-image-2", basis: "tokens" }),
  ]);
});

it("takes what would be served without a config: the environment's keys, else the simulator's models", async () => {
  const named = async (environment: Record<string, string>): Promise<string[]> => {
    const { output } = await price(["--json"], environment);
    return (JSON.parse(output) as { deployments: Row[] }).deployments.map(({ model }) => model);
  };
  expect(await named({})).toEqual(expect.arrayContaining(["gpt-image-1", "gpt-image-2", "dall-e-2"]));
  expect(await named({ OPENAI_API_KEY: "sk-x" })).toEqual(
    expect.arrayContaining(["gpt-image-2", "gpt-image-*"]),
  );
});

it.each([
  [["--config", "config.yaml", "--model", "nope"], "The model 'nope' does not exist here."],
  [["--config", "config.yaml", "--image", "nowhere.png"], "There is no file "],
  [["--config", "config.yaml", "--image", "."], " cannot be read: EISDIR."],
  [["--config", "config.yaml", "-n", "many"], "Invalid value for 'n'"],
  [["--config", "nowhere.yaml"], "nowhere.yaml"],
])("says what is wrong: %j", async (flags, message) => {
  const { code, output, complaints } = await price(flags);
  expect([code, output]).toEqual([1, ""]);
  expect(complaints).toContain(message);
  expect(complaints).not.toMatch(/\n +at /);
});
