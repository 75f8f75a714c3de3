import { bill, type FormParts, goodForm, postForm, start, stopAll } from "../simulator.test.support.js";
import type { Usage } from "./usage.js";

afterEach(stopAll);

const edit = (model: string, prompt: string, ...more: FormParts): FormParts => [
  ["model", model],
  ["prompt", prompt],
  ...goodForm.slice(2),
  ...more,
];

async function usageOf(url: string, parts: FormParts): Promise<Usage> {
  return ((await (await postForm(url, parts)).json()) as { usage: Usage }).usage;
}

const prompts = Array.from({ length: 40 }, (_, index) => `Paint it in colour ${index}`);

async function usages(usage: object, model = "gpt-image-1.5"): Promise<Usage[]> {
  const { url } = await start({ usage });
  return Promise.all(prompts.map((prompt) => usageOf(url, edit(model, prompt))));
}

describe("the usage of an answer", () => {
  it("is plain unless it is asked to vary", async () => {
    for (const one of await usages({})) {
      expect(Object.keys(one.input_tokens_details)).toEqual(["text_tokens", "image_tokens"]);
      expect(one.output_tokens_details).toEqual({ image_tokens: one.output_tokens, text_tokens: 0 });
    }
  });

  it("tells cached tokens of some edits, never more than there are, and their kinds of some of these", async () => {
    const told = await usages({ cached: 0.5, cachedDetails: 0.5 });
    const inputs = told.map((one) => one.input_tokens_details);
    const cached = inputs.filter((input) => input.cached_tokens !== undefined);
    const detailed = cached.flatMap(({ cached_tokens_details: details, ...input }) =>
      details === undefined ? [] : [{ ...input, details }],
    );
    expect([0, told.length]).not.toContain(cached.length);
    expect([0, cached.length]).not.toContain(detailed.length);
    for (const { details, text_tokens, image_tokens, cached_tokens } of detailed) {
      expect(details.text_tokens).toBeLessThanOrEqual(text_tokens);
      expect(details.image_tokens).toBeLessThanOrEqual(image_tokens);
      expect(details.text_tokens + details.image_tokens).toBe(cached_tokens);
    }
  });

  it("tells text output of models that have a price for it, with details even where these are rare", async () => {
    const settings = { textOutput: 1, outputDetails: 0 };
    for (const one of await usages(settings)) {
      expect(one.output_tokens_details?.text_tokens).toBeGreaterThan(0);
      expect(one.output_tokens_details?.image_tokens).toBe(1056);
    }
    for (const one of await usages(settings, "gpt-image-1")) {
      expect(one.output_tokens_details).toBeUndefined();
      expect(one.output_tokens).toBe(1056);
    }
  });

  it("is the same for the same edit and seed, whenever it is sent", async () => {
    const usage = { cached: 0.5, cachedDetails: 0.5, textOutput: 0.5, outputDetails: 0.5 };
    const first = await usages(usage);
    const { url } = await start({ usage });
    for (const [index, prompt] of [...prompts.entries()].reverse()) {
      expect(await usageOf(url, edit("gpt-image-1.5", prompt))).toEqual(first[index]);
    }
    const other = await start({ usage, seed: 1 });
    const drawn = await Promise.all(prompts.map((p) => usageOf(other.url, edit("gpt-image-1.5", p))));
    expect(drawn).not.toEqual(first);
  });

  it("sums over the pictures of a stream to what one answer tells", async () => {
    const { url } = await start({ usage: { cached: 1, textOutput: 1 } });
    const whole = await usageOf(url, edit("gpt-image-2", "x", ["n", "3"]));
    await (await postForm(url, edit("gpt-image-2", "x", ["n", "3"], ["stream", "true"]))).text();
    const [answered, streamed] = (await bill(url)).lines;
    expect(streamed?.usage).toEqual(whole);
    expect(streamed?.nanoUsd).toBe(answered?.nanoUsd);
    expect([answered?.amounts.length, streamed?.amounts.length]).toEqual([1, 3]);
    expect(streamed?.amounts.reduce((sum, amount) => sum + BigInt(amount), 0n)).toBe(
      BigInt(streamed?.nanoUsd ?? 0),
    );
  });
});
