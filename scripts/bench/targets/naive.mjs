import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "../../setup.mjs";
import { deploymentModel } from "../payloads.mjs";

/** @type {import("./target.mjs").Target} */
export const naive = {
  name: "naive",
  what: "Express, multer in memory, FormData and fetch; the answer parsed and written again",
  answers: "held",
  model: deploymentModel,
  prepare: () => ({
    version: ["express", "multer"].map((name) => `${name} ${versionInProxy(name)}`).join(", "),
  }),
  launch: ({ port, upstreamPort }) => ({
    command: process.execPath,
    args: [
      fileURLToPath(new URL("../naive-server.mjs", import.meta.url)),
      String(port),
      String(upstreamPort),
    ],
  }),
};

function versionInProxy(name) {
  const file = join(root, "packages", "proxy", "node_modules", name, "package.json");
  return JSON.parse(readFileSync(file, "utf8")).version;
}
