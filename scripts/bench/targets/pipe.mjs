import { fileURLToPath } from "node:url";
import { clientModel } from "../payloads.mjs";

/** @type {import("./target.mjs").Target} */
export const pipe = {
  name: "pipe",
  what: "a bare node:http server piped into a node:http client: the least that Node can do",
  answers: "streamed",
  model: clientModel,
  prepare: () => ({ version: `node ${process.versions.node}` }),
  launch: ({ port, upstreamPort }) => ({
    command: process.execPath,
    args: [fileURLToPath(new URL("../pipe-server.mjs", import.meta.url)), String(port), String(upstreamPort)],
  }),
};
