import type { Provider } from "./provider.js";

/** OpenAI's own API. */
export const openAiApiBase = "https://api.openai.com/v1";

/** What every upstream that speaks as OpenAI does has in common. */
export const openAiCompatible = {
  /** A base URL without a path is that of the whole server, whose API begins at `/v1`; any other is the API's own. */
  editUrl({ apiBase }) {
    const url = new URL(apiBase);
    const path = url.pathname.replace(/\/+$/, "");
    url.pathname = `${path === "" ? "/v1" : path}/images/edits`;
    return url;
  },

  headers({ apiKey, organization, project }) {
    return {
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      ...(organization === undefined ? {} : { "openai-organization": organization }),
      ...(project === undefined ? {} : { "openai-project": project }),
    };
  },

  modelInBody: ({ model }) => model,
} satisfies Partial<Provider>;

/** OpenAI, and with a base URL every upstream that speaks its API. */
export const openai: Provider = {
  ...openAiCompatible,
  apiBase: openAiApiBase,
  variables: { apiKey: ["OPENAI_API_KEY"], apiBase: ["OPENAI_BASE_URL", "OPENAI_API_BASE"] },
};
