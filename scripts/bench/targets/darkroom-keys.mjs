import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fillDirectory } from "../full-directory.mjs";
import { configuration, darkroom, launchWith } from "./darkroom.mjs";
import { clientKey } from "./target.mjs";

/** So large that it is never used up: what is measured is that it is looked at. */
const budget = { maxBudgetNanoUsd: 10n ** 15n, budgetDuration: "30d" };

let filled;

/** @type {import("./target.mjs").Target} */
export const darkroomKeys = {
  ...darkroom,
  name: "darkroom-keys",
  what: "darkroom with 1,000 teams and 100,000 keys, all with budgets: each edit is paid by a key and its team",
  onlyIfAsked: true,
  prepare: async (options) => {
    if (filled === undefined) {
      filled = mkdtempSync(join(tmpdir(), "darkroom-bench-keys-"));
      process.once("exit", () => rmSync(filled, { recursive: true, force: true }));
      await fillDirectory(filled, { teams: 1_000, keys: 100_000, limits: budget, secret: clientKey });
    }
    return darkroom.prepare(options);
  },
  launch: (place) => {
    const data = join(place.folder, "data");
    mkdirSync(data);
    cpSync(filled, data, { recursive: true });
    return launchWith(configuration(place.upstreamPort, "sk-benchmark-master"), place);
  },
};
