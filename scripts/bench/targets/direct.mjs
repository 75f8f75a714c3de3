import { clientModel } from "../payloads.mjs";

/** @type {import("./target.mjs").Target} */
export const direct = {
  name: "direct",
  what: "no gateway: the load generator talks to the upstream",
  answers: "streamed",
  model: clientModel,
  prepare: () => ({ version: "" }),
};
