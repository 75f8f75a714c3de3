import { JsonBody } from "../body/json-body.js";
import type { Deployment } from "./deployment.js";
import type { DeploymentLimits } from "./deployment-limits.js";
import { type QuotaSettings, Quotas } from "./quotas.js";

const one: Deployment = {
  id: "one",
  group: "edits",
  model: "gpt-image-1",
  apiBase: "https://api.openai.com/v1",
  apiKey: "sk-first-key",
};

/** A deployment of its own, with what is said of it. */
const other = (id: string, said: Partial<Deployment> = {}): Deployment => ({ ...one, id, ...said });

const quotasOf = (deployments: readonly Deployment[], settings: Partial<QuotaSettings> = {}) =>
  new Quotas(deployments, { guardMs: 250, ...settings });

const square = Buffer.from("89504e470d0a1a0a0000000d494844520000000000000000", "hex");
square.writeUInt32BE(512, 16);
square.writeUInt32BE(512, 20);

function edit(fields: object = {}) {
  const picture = `data:image/png;base64,${square.toString("base64")}`;
  const text = {
    prompt: "hat",
    size: "1024x1024",
    quality: "low",
    images: [{ image_url: picture }],
    ...fields,
  };
  const body = new JsonBody([Buffer.from(JSON.stringify(text))]);
  return { parameters: body.parameters, body };
}

describe("deployments that name no quota", () => {
  it.each<[string, Partial<Deployment>]>([
    ["in another group", { group: "more edits" }],
    ["with the version segment left out", { apiBase: "https://api.openai.com" }],
    ["with another weight, order and limits", { weight: 3, order: 1, limits: { requestsPerMinute: 3 } }],
  ])("share with one of the same key, server and model %s", (_, said) => {
    const quotas = quotasOf([one, other("two", said)]);
    expect(quotas.quotaOf({ id: "two" })).toBe(quotas.quotaOf(one));
    expect(quotas.all).toHaveLength(1);
    expect(quotas.quotaOf(one).members.map(({ id }) => id)).toEqual(["one", "two"]);
  });

  it.each<[string, Partial<Deployment>]>([
    ["key", { apiKey: "sk-second-key" }],
    ["server", { apiBase: "https://eu.api.openai.com/v1" }],
    ["model", { model: "gpt-image-2" }],
    ["organisation", { organization: "org-two" }],
    ["declared quota", { quota: "house" }],
  ])("are apart from one of another %s", (_, said) => {
    const quotas = quotasOf([one, other("two", said)]);
    expect(quotas.quotaOf({ id: "two" })).not.toBe(quotas.quotaOf(one));
    expect(quotas.all).toHaveLength(2);
  });

  it("of one application of Entra share, whatever its secret", () => {
    const application = (clientSecret: string): Partial<Deployment> => ({
      provider: "azure",
      apiBase: "https://house.openai.azure.com",
      entra: { tenantId: "tenant", clientId: "client", clientSecret },
    });
    const quotas = quotasOf([other("old", application("old")), other("new", application("new"))]);
    expect(quotas.all).toHaveLength(1);
  });

  it("have a name that is the same everywhere, fits a label, and tells nothing of the key", () => {
    const { name } = quotasOf([one]).quotaOf(one);
    expect(name).toMatch(/^gpt-image-1@[0-9a-f]{12}$/);
    expect(quotasOf([other("elsewhere", { group: "x" })]).all[0]?.name).toBe(name);
    const odd = quotasOf([other("odd", { model: "my {model}:é" })]).all[0]?.name;
    expect(odd).toMatch(/^my__model___@[0-9a-f]{12}$/);
  });
});

it("a wildcard is one quota for all that it serves, whatever model a request names", () => {
  const wildcard = other("any", { group: "gpt-*", model: "gpt-*", limits: { requestsPerMinute: 5 } });
  const quotas = quotasOf([wildcard]);
  const charges = ["gpt-image-1", "gpt-image-2"].map((model) =>
    quotas.chargesOf({ ...wildcard, model }, edit()),
  );
  expect(charges[0]?.[0]?.meter).toBe(charges[1]?.[0]?.meter);
});

describe("the limits of a quota", () => {
  const limited = (id: string, limits: DeploymentLimits) =>
    other(id, { quota: "house", apiKey: `sk-${id}`, limits });

  it("are the lowest of its own and its members', and differences are told", () => {
    const quotas = quotasOf(
      [
        limited("a", { requestsPerMinute: 50, imagesPerMinute: 20 }),
        limited("b", { requestsPerMinute: 60, tokensPerMinute: 1000 }),
        limited("c", {}),
      ],
      { quotas: new Map([["house", { requestsPerMinute: 55, imagesPerMinute: 20, parallelCalls: 4 }]]) },
    );
    expect(quotas.quotaOf({ id: "c" }).limits).toEqual({
      requestsPerMinute: 50,
      imagesPerMinute: 20,
      tokensPerMinute: 1000,
      parallelCalls: 4,
    });
    expect(quotas.differences).toEqual([
      { quota: "house", limit: "requestsPerMinute", values: [50, 55, 60] },
    ]);
  });

  it("take the default of parallel calls where nobody says more", () => {
    const quotas = quotasOf([limited("a", { parallelCalls: 9 }), one], { defaultParallelCalls: 2 });
    expect(quotas.all.map(({ limits }) => limits.parallelCalls)).toEqual([9, 2]);
  });

  it("become meters: rolling windows longer than a minute, and leases of calls", () => {
    const quotas = quotasOf([
      limited("a", { requestsPerMinute: 5, imagesPerMinute: 6, tokensPerMinute: 7, parallelCalls: 8 }),
      one,
    ]);
    const window = { kind: "rolling", ms: 60_250 };
    expect(quotas.metersOf({ id: "a" })).toEqual([
      { key: "quota:house:requests", window, limit: 5n },
      { key: "quota:house:images", window, limit: 6n },
      { key: "quota:house:tokens", window, limit: 7n },
      { key: "quota:house:calls", window: { kind: "lease" }, limit: 8n },
    ]);
    expect(quotas.metersOf(one)).toEqual([]);
  });
});

it("asks only for deployments that it was given", () => {
  expect(() => quotasOf([one]).quotaOf({ id: "unknown" })).toThrow("there is no deployment unknown");
});

describe("what an edit takes", () => {
  const house = other("house", {
    limits: { requestsPerMinute: 5, imagesPerMinute: 60, tokensPerMinute: 100_000, parallelCalls: 8 },
  });
  const quotas = quotasOf([house]);
  const amounts = (fields: object = {}, deployment = house, of = quotas) =>
    of.chargesOf(deployment, edit(fields)).map(({ amount }) => amount);

  it("is one request, n images, the tokens at most, and one call", () => {
    // 3 bytes of prompt and 64 of hidden text, 194 for the image, 272 for each drawn
    expect(amounts()).toEqual([1n, 1n, 533n, 1n]);
    expect(amounts({ n: 4 })).toEqual([1n, 4n, 4n * 533n, 1n]);
  });

  it.each([
    ["a model nobody knows the counting of", { model: "gpt-image-2.5-flare" }, {}],
    ["a quality that nobody knows", {}, { quality: "ultra" }],
  ])("is the dearest that is known, for %s", (_, said, fields) => {
    const tokens = amounts(fields, { ...house, ...said })[2] ?? 0n;
    expect(tokens).toBeGreaterThan(4_000n);
  });

  it("is no token for dall-e-2", () => {
    expect(amounts({}, { ...house, model: "dall-e-2" })[2]).toBe(0n);
  });

  it("is all tokens that there are, where the estimate is above them", () => {
    const small = other("small", { limits: { tokensPerMinute: 500 } });
    expect(amounts({}, small, quotasOf([small]))).toEqual([500n]);
  });

  it("is corrected to the tokens that were used, and never to fewer images than were asked for", () => {
    const charges = quotas.chargesOf(house, edit({ n: 2 }));
    expect(quotas.correctionsOf(charges, { tokens: 900, images: 1 })).toEqual([
      { charge: charges[2], used: 900n },
    ]);
    expect(quotas.correctionsOf(charges, { tokens: 2 * 533, images: 3 })).toEqual([
      { charge: charges[1], used: 3n },
    ]);
    expect(quotas.correctionsOf(charges, {})).toEqual([]);
  });
});
