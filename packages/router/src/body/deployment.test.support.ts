import type { Deployment } from "../deployments/deployment.js";

/** A deployment to make bodies for. */
export const deployment: Deployment = {
  id: "first",
  group: "edits",
  model: "gpt-image-2",
  apiBase: "https://api.openai.com/v1",
  apiKey: "sk-test",
  weight: 1,
};
