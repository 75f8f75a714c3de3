import type { Deployment } from "../deployments/deployment.js";
import type { Provider } from "./provider.js";

/** The first version with image edits: https://learn.microsoft.com/azure/ai-foundry/openai/how-to/dall-e (2 September 2025). */
const defaultApiVersion = "2025-04-01-preview";

/** The versions without a date. They belong to the v1 form, as in LiteLLM. */
const undatedVersions: ReadonlySet<string> = new Set(["v1", "preview", "latest"]);

/**
 * Azure OpenAI, in its two forms: `{resource}/openai/deployments/{deployment}/images/edits?api-version=…`, where the URL alone
 * says which deployment is meant, and `{resource}/openai/v1/images/edits`, where `model` does. A base URL may be the
 * resource's, or already that of one form, with or without `/images/edits`; a version in its query counts more than `apiVersion`.
 */
export const azure: Provider = {
  capabilities: { jsonBody: false, fileIds: false },
  variables: {
    apiKey: ["AZURE_OPENAI_API_KEY", "AZURE_API_KEY"],
    apiBase: ["AZURE_API_BASE"],
    apiVersion: ["AZURE_API_VERSION"],
  },

  editUrl(deployment) {
    const { apiBase, apiVersion, model } = deployment;
    const url = new URL(apiBase);
    const base = url.pathname.replace(/\/+$/, "").replace(/\/images\/edits$/, "");
    let version = apiVersion ?? defaultApiVersion;
    if (isV1Form(deployment)) {
      url.pathname = `${base.replace(/\/openai(\/v1)?$/, "")}/openai/v1/images/edits`;
      // A dated version is for the other form; this one needs none.
      if (!undatedVersions.has(version)) version = "";
    } else if (namesDeployment(apiBase)) {
      url.pathname = `${base}/images/edits`;
    } else {
      const resource = base.replace(/\/openai$/, "");
      url.pathname = `${resource}/openai/deployments/${encodeURIComponent(model)}/images/edits`;
    }
    if (version !== "" && !url.searchParams.has("api-version")) url.searchParams.set("api-version", version);
    return url;
  },

  headers({ apiKey, entra }) {
    if (apiKey !== undefined) return { "api-key": apiKey };
    return entra !== undefined && "token" in entra ? { authorization: `Bearer ${entra.token}` } : {};
  },

  modelInBody: (deployment) => (isV1Form(deployment) ? deployment.model : undefined),
};

function isV1Form({ apiBase, apiVersion = "" }: Deployment): boolean {
  return (
    /\/openai\/v1(\/|\?|$)/.test(apiBase) || (undatedVersions.has(apiVersion) && !namesDeployment(apiBase))
  );
}

function namesDeployment(apiBase: string): boolean {
  return apiBase.includes("/openai/deployments/");
}
