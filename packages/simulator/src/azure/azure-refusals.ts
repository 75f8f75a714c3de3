import type { Refusal } from "../validation/refusal.js";

/** What Azure refuses before OpenAI's own checks begin. Sources as in `validation/refusals.ts`. */
export const azureRefusals = {
  // recorded: quoted in countless threads, also for a missing or unknown api-version
  notFound: () => make("recorded", 404, "404", "Resource not found"),
  // recorded: quoted in countless threads
  unknownDeployment: () =>
    make(
      "recorded",
      404,
      "DeploymentNotFound",
      "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again.",
    ),
  // recorded: quoted in countless threads
  wrongKey: () =>
    make(
      "recorded",
      401,
      "401",
      "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.",
    ),
  // recorded: quoted in countless threads
  wrongToken: () =>
    make(
      "recorded",
      401,
      "Unauthorized",
      "Unauthorized. Access token is missing, invalid, audience is incorrect (https://cognitiveservices.azure.com), or have expired.",
    ),
  // spec: Microsoft's how-to knows PNG and JPEG; the words are OpenAI's
  noWebp: () =>
    make("spec", 400, "invalid_value", "Invalid value: 'webp'. Supported values are: 'png' and 'jpeg'."),
} satisfies Record<string, () => Refusal>;

function make(source: Refusal["source"], status: number, code: string, message: string): Refusal {
  return { source, status, type: "invalid_request_error", code, param: null, message };
}
