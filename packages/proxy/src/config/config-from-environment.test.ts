import { configFromEnvironment } from "./config-from-environment.js";

const today = new Date("2026-11-23T12:00:00Z");
const groupsOf = (day: Date) =>
  new Set(
    configFromEnvironment({ OPENAI_API_KEY: "sk-1" }, day)?.router.deployments.map(({ group }) => group),
  );

it("is nothing without a key", () => {
  expect(configFromEnvironment({}, today)).toBeUndefined();
  expect(configFromEnvironment({ OPENAI_API_KEY: "", OPENAI_API_KEY_ID: "x" }, today)).toBeUndefined();
});

it("serves OpenAI's image models, and any other gpt-image-*", () => {
  const groups = groupsOf(today);
  expect([...groups]).toEqual(
    expect.arrayContaining([
      "gpt-image-2.6-flare",
      "gpt-image-2.5-sunburst",
      "gpt-image-2",
      "gpt-image-1",
      "gpt-image-*",
    ]),
  );
  expect(groups).not.toContain("dall-e-2");
});

it("warns of models until they are shut down, and leaves them out then", () => {
  expect(configFromEnvironment({ OPENAI_API_KEY: "sk-1" }, today)?.warnings).toEqual(
    ["gpt-image-1.5", "gpt-image-1.5-2025-12-16", "gpt-image-1-mini", "chatgpt-image-latest"].map(
      (name) => `OpenAI shuts ${name} down on 2026-12-01`,
    ),
  );
  expect(groupsOf(new Date("2026-11-30T23:59:59Z"))).toContain("chatgpt-image-latest");
  expect(groupsOf(new Date("2026-12-01"))).not.toContain("chatgpt-image-latest");
  expect(configFromEnvironment({ OPENAI_API_KEY: "sk-1" }, new Date("2026-12-01"))?.warnings).toEqual([]);
});

it("has one deployment a model and key, in the order of the keys' numbers, each key once", () => {
  const config = configFromEnvironment(
    {
      OPENAI_API_KEY_10: "sk-10",
      OPENAI_API_KEY_2: "sk-2",
      OPENAI_API_KEY: "sk-0",
      OPENAI_API_KEY_3: "sk-0",
    },
    today,
  );
  const deployments = config?.router.deployments ?? [];
  const ofOne = deployments.filter(({ group }) => group === "gpt-image-2");
  expect(ofOne.map(({ apiKey }) => apiKey)).toEqual(["sk-0", "sk-2", "sk-10"]);
  expect(new Set(deployments.map(({ id }) => id)).size).toBe(deployments.length);
  expect(config?.source).toBe("the environment (OPENAI_API_KEY, OPENAI_API_KEY_2, OPENAI_API_KEY_10)");
  expect(deployments.at(-1)).toMatchObject({ group: "gpt-image-*", model: "gpt-image-*" });
});

it("honours OPENAI_BASE_URL and the master keys", () => {
  const config = configFromEnvironment(
    {
      OPENAI_API_KEY: "sk-1",
      OPENAI_BASE_URL: "http://localhost:9/v1/",
      LITELLM_MASTER_KEY: "sk-litellm",
      DARKROOM_MASTER_KEY: "sk-darkroom",
    },
    today,
  );
  expect(config).toMatchObject({ masterKey: "sk-darkroom", warnings: [] });
  expect(config?.router.deployments[0]?.apiBase).toBe("http://localhost:9/v1");
  expect(() => configFromEnvironment({ OPENAI_API_KEY: "sk-1", DARKROOM_MASTER_KEY: "x" }, today)).toThrow(
    /^environment: DARKROOM_MASTER_KEY: expected a key that begins with "sk-"/,
  );
});
