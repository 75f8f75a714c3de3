import type { Deployment } from "../deployments/deployment.js";
import { completed } from "../deployments/deployment-options.js";
import { type ProviderName, isProviderName, providerOf, providers } from "./providers.js";

const names = Object.keys(providers) as ProviderName[];

const deploymentOf = (provider: ProviderName, more: Partial<Deployment> = {}): Deployment => ({
  id: "one",
  group: "edits",
  model: "a model/of ours",
  provider,
  apiBase: "https://upstream.test",
  apiKey: "sk-key",
  weight: 1,
  ...more,
});

describe.each(names)("%s", (name) => {
  const provider = providerOf({ provider: name });
  const deployment = deploymentOf(name);

  it("posts edits to the base URL's server", () => {
    const { origin, pathname, hash } = provider.editUrl(deployment);
    expect(origin).toBe("https://upstream.test");
    expect(pathname).toMatch(/^\/\S+\/images\/edits$/);
    expect(hash).toBe("");
  });

  it("sends the key in one header and nowhere else", () => {
    const headers = Object.entries(provider.headers(deployment));
    expect(headers.filter(([, value]) => value.includes("sk-key"))).toHaveLength(1);
    expect(headers.every(([header]) => header === header.toLowerCase())).toBe(true);
    expect(provider.editUrl(deployment).href).not.toContain("sk-key");
    const { apiKey: _, ...withoutKey } = deployment;
    expect(provider.headers(withoutKey)).toEqual({});
  });

  it("tells the model once: in the body or in the URL", () => {
    const isInUrl = provider.editUrl(deployment).pathname.includes(encodeURIComponent(deployment.model));
    expect(provider.modelInBody(deployment)).toBe(isInUrl ? undefined : deployment.model);
  });
});

test("a deployment is OpenAI's unless it says otherwise", () => {
  expect(providerOf({})).toBe(providers.openai);
  expect(names).toContain("azure");
  expect(["openai", "azure", "nobody", "toString"].map(isProviderName)).toEqual([true, true, false, false]);
});

test("a deployment of a provider without an API of its own must say where it is", () => {
  expect(completed([{ group: "a", provider: "azure", apiBase: "https://resource.test" }])).toMatchObject([
    { id: "a-1", model: "a", apiBase: "https://resource.test" },
  ]);
  expect(() => completed([{ group: "a", provider: "azure" }])).toThrow(
    "a deployment of a has no apiBase, and its provider has none of its own",
  );
});
