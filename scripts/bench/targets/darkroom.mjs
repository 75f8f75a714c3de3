import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../setup.mjs";
import { clientModel, deploymentModel } from "../payloads.mjs";
import { clientKey, upstreamKey } from "./target.mjs";

const main = join(root, "packages", "proxy", "dist", "main.js");

/** @type {import("./target.mjs").Target} */
export const darkroom = {
  name: "darkroom",
  what: "as it is run: key checked, model rewritten, cost counted, metrics on, a line of log for each request",
  answers: "held",
  model: deploymentModel,
  prepare: () => ({
    version: JSON.parse(readFileSync(join(root, "packages", "proxy", "package.json"), "utf8")).version,
  }),
  launch: (place) => launchWith(configuration(place.upstreamPort), place),
};

/** How Darkroom is started with a configuration. */
export function launchWith(configuration, { port, folder }) {
  const config = join(folder, "config.yaml");
  // JSON is YAML.
  writeFileSync(config, JSON.stringify(configuration));
  const listen = ["--host", "127.0.0.1", "--port", String(port)];
  return {
    command: process.execPath,
    args: [main, "start", "--config", config, ...listen, "--data-dir", join(folder, "data")],
  };
}

/** One group with one deployment. */
export function configuration(upstreamPort) {
  const deployment = {
    model_name: clientModel,
    litellm_params: {
      model: `openai/${deploymentModel}`,
      api_key: upstreamKey,
      api_base: `http://127.0.0.1:${upstreamPort}/v1`,
    },
  };
  return { model_list: [deployment], general_settings: { master_key: clientKey } };
}
