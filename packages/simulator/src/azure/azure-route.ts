import type { Refusal } from "../validation/refusal.js";
import { azureRefusals } from "./azure-refusals.js";

/** An edit as Azure is asked for one. */
export interface AzureRoute {
  /** Of the deployment form; in the v1 form the body's `model` names the deployment. */
  readonly deployment: string | undefined;
}

/** The first version with image edits. */
const oldestVersion = "2025-04-01";

const undatedVersions: readonly string[] = ["v1", "preview", "latest"];

/** Whether a path is Azure's, whatever comes of it. */
export function isAzurePath(path: string): boolean {
  return path.startsWith("/openai/");
}

/** Reads one of the two forms. The deployment form must name a version that knows image edits; the v1 form needs none. */
export function azureRoute(method: string, path: string, query: URLSearchParams): AzureRoute | Refusal {
  const version = query.get("api-version");
  if (method !== "POST") return azureRefusals.notFound();
  if (path === "/openai/v1/images/edits") {
    const isKnown = version === null || undatedVersions.includes(version);
    return isKnown ? { deployment: undefined } : azureRefusals.notFound();
  }
  const name = /^\/openai\/deployments\/([^/]+)\/images\/edits$/.exec(path)?.[1];
  const [, date] = /^(\d{4}-\d{2}-\d{2})(?:-preview)?$/.exec(version ?? "") ?? [];
  if (name === undefined || date === undefined || date < oldestVersion) return azureRefusals.notFound();
  const deployment = decoded(name);
  return deployment === undefined ? azureRefusals.notFound() : { deployment };
}

/** A segment of a path as it was meant; undefined where its escapes mean nothing. */
export function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
