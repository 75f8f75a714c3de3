import { installPortkey, installedPortkey, portkeyVersion } from "../install-portkey.mjs";
import { clientModel } from "../payloads.mjs";

/** @type {import("./target.mjs").Target} */
export const portkey = {
  name: "portkey",
  what: "Portkey's gateway from npm; it was not set to rewrite the model",
  answers: "held",
  model: clientModel,
  prepare: async ({ mayInstall }) => {
    if (installedPortkey() === undefined) {
      if (!mayInstall) return { missing: "not installed; a run without --smoke installs it" };
      console.error(`Installing Portkey's gateway ${portkeyVersion} with npm, outside the project ...`);
      try {
        await installPortkey();
      } catch (error) {
        return { missing: error.message };
      }
    }
    return { version: portkeyVersion };
  },
  launch: ({ port, upstreamPort }) => ({
    command: process.execPath,
    args: [installedPortkey(), "--headless", `--port=${port}`],
    env: { TRUSTED_CUSTOM_HOSTS: "localhost,127.0.0.1" },
    headers: {
      "x-portkey-provider": "openai",
      "x-portkey-custom-host": `http://127.0.0.1:${upstreamPort}/v1`,
    },
  }),
};
