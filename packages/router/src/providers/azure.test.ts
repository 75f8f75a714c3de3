import type { Deployment } from "../deployments/deployment.js";
import { azure } from "./azure.js";

const deployment = (apiBase: string, more: Partial<Deployment> = {}): Deployment => ({
  id: "one",
  group: "edits",
  provider: "azure",
  model: "my-deployment",
  apiBase,
  apiKey: "key",
  weight: 1,
  ...more,
});

const resource = "https://resource.openai.azure.com";
const edits = `${resource}/openai/deployments/my-deployment/images/edits`;

describe("the deployment form", () => {
  test.each<[string, string | undefined, string]>([
    [resource, "2025-05-01", `${edits}?api-version=2025-05-01`],
    [`${resource}/`, undefined, `${edits}?api-version=2025-04-01-preview`],
    [`${resource}/openai/`, "2025-05-01", `${edits}?api-version=2025-05-01`],
    [`${resource}?api-version=2026-01-01`, "2025-05-01", `${edits}?api-version=2026-01-01`],
    [
      `${resource}/openai/deployments/other`,
      "2025-05-01",
      `${edits.replace("my-deployment", "other")}?api-version=2025-05-01`,
    ],
    [`${edits}?api-version=2026-01-01`, undefined, `${edits}?api-version=2026-01-01`],
    [`${edits}/?a=b`, "preview", `${edits}?a=b&api-version=preview`],
    [
      "https://gateway.test/azure",
      "2025-05-01",
      `https://gateway.test/azure/openai/deployments/my-deployment/images/edits?api-version=2025-05-01`,
    ],
  ])("%s with version %s", (apiBase, apiVersion, expected) => {
    const one = deployment(apiBase, apiVersion === undefined ? {} : { apiVersion });
    expect(azure.editUrl(one).href).toBe(expected);
    expect(azure.modelInBody(one)).toBeUndefined();
  });

  test("a deployment's name is encoded in the URL", () => {
    const { pathname } = azure.editUrl(deployment(resource, { model: "a b/../c?d" }));
    expect(pathname).toBe("/openai/deployments/a%20b%2F..%2Fc%3Fd/images/edits");
  });
});

describe("the v1 form", () => {
  const v1 = `${resource}/openai/v1/images/edits`;

  test.each<[string, string | undefined, string]>([
    [resource, "v1", `${v1}?api-version=v1`],
    [resource, "preview", `${v1}?api-version=preview`],
    [`${resource}/openai`, "latest", `${v1}?api-version=latest`],
    [`${resource}/openai/v1/`, undefined, v1],
    [`${resource}/openai/v1`, "preview", `${v1}?api-version=preview`],
    // Of the other form, such as AZURE_API_VERSION may hold for all.
    [`${resource}/openai/v1`, "2025-04-01-preview", v1],
    [`${v1}?api-version=preview`, undefined, `${v1}?api-version=preview`],
    ["https://gateway.test/azure/openai/v1", undefined, "https://gateway.test/azure/openai/v1/images/edits"],
  ])("%s with version %s", (apiBase, apiVersion, expected) => {
    const one = deployment(apiBase, apiVersion === undefined ? {} : { apiVersion });
    expect(azure.editUrl(one).href).toBe(expected);
    expect(azure.modelInBody(one)).toBe("my-deployment");
  });
});

describe("who asks", () => {
  const application = { tenantId: "t", clientId: "c", clientSecret: "s" };

  test.each<[string, Partial<Deployment>, Record<string, string>]>([
    ["a key", { apiKey: "key" }, { "api-key": "key" }],
    ["a key, whatever else there is", { apiKey: "key", entra: { token: "t" } }, { "api-key": "key" }],
    ["a token", { entra: { token: "t" } }, { authorization: "Bearer t" }],
    ["an application, whose token comes later", { entra: application }, {}],
  ])("%s", (_, more, expected) => {
    const { apiKey: _key, ...withoutKey } = deployment(resource);
    expect(azure.headers({ ...withoutKey, ...more })).toEqual(expected);
  });
});
