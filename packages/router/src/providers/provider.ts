import type { Deployment } from "../deployments/deployment.js";

/** What differs from one kind of upstream to the next. Adding a provider is one file that implements this. */
export interface Provider {
  editUrl(deployment: Deployment): URL;
  /** Headers that identify us to the upstream, names in lower case. */
  headers(deployment: Deployment): Record<string, string>;
}
