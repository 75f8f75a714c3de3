import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fillDirectory } from "../filled-directory.mjs";
import { configuration, darkroom, launchWith } from "./darkroom.mjs";
import { clientKey } from "./target.mjs";

const masterKey = "sk-benchmark-master";
const fileName = "directory.db";

/** Made once, and copied for each start. */
let filled;

/** @type {import("./target.mjs").Target} */
export const darkroomKeys = {
  ...darkroom,
  name: "darkroom-keys",
  what: "the same, with a team's virtual key in place of the master key: one of 100,000 in 1,000 teams",
  prepare: async ({ mayInstall }) => {
    filled = mkdtempSync(join(tmpdir(), "darkroom-keys-"));
    process.once("exit", () => rmSync(filled, { recursive: true, force: true }));
    // A smoke test only shows that it works.
    const size = mayInstall ? { keys: 100_000, teams: 1_000 } : { keys: 100, teams: 10 };
    await fillDirectory(filled, { ...size, secret: clientKey });
    return darkroom.prepare({ mayInstall });
  },
  launch: (place) => {
    const data = join(place.folder, "data");
    mkdirSync(data, { recursive: true });
    copyFileSync(join(filled, fileName), join(data, fileName));
    return launchWith(
      { ...configuration(place.upstreamPort), general_settings: { master_key: masterKey } },
      place,
    );
  },
};
