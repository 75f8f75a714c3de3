import { openAiCompatible } from "./openai.js";
import type { Provider } from "./provider.js";

/** Another gateway: LiteLLM's proxy, or another Darkroom. */
export const litellmProxy: Provider = {
  ...openAiCompatible,
  variables: { apiKey: ["LITELLM_PROXY_API_KEY"], apiBase: ["LITELLM_PROXY_API_BASE"] },
};
