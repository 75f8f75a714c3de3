import type { Deployment } from "../deployments/deployment.js";
import type { Provider } from "./provider.js";

/** OpenAI's own API. */
export const openAiApiBase = "https://api.openai.com/v1";

/** OpenAI, and every upstream that speaks its API. */
export const openai: Provider = {
  editUrl(deployment) {
    const url = new URL(deployment.apiBase);
    url.pathname = `${url.pathname.replace(/\/+$/, "")}/images/edits`;
    return url;
  },

  headers(deployment: Deployment) {
    return {
      authorization: `Bearer ${deployment.apiKey}`,
      ...(deployment.organization === undefined ? {} : { "openai-organization": deployment.organization }),
      ...(deployment.project === undefined ? {} : { "openai-project": deployment.project }),
    };
  },
};
