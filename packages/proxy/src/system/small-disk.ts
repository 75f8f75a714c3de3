import { spawnSync } from "node:child_process";
import { appendFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunningProcess } from "./running-process.js";

/** Ways to get a file system of one's own: as a user whom the system lets be root in a world of its own, and as root. */
const ways = [
  ["unshare", "--user", "--map-root-user", "--mount"],
  ["unshare", "--mount"],
];

const mount = (then: string): string[] => ["sh", "-c", `mount -t tmpfs -o size=4m tmpfs "$0" && ${then}`];

/** The first way that this machine allows. */
const way = ways.find(([command = "", ...flags]) => {
  const probe = spawnSync(command, [...flags, ...mount("true"), tmpdir()], { stdio: "ignore" });
  return probe.status === 0;
});

/** Whether a process can be given a small disk here; asked while tests are collected. */
export const hasSmallDisk = way !== undefined;

/** A folder in whose place one process finds a disk of 4 MiB, and nobody else. */
export class SmallDisk {
  /** @param folder that is there, and empty */
  constructor(readonly folder: string) {}

  /** What the process's command line is to begin with. */
  get prefix(): readonly string[] {
    return [...(way ?? []), ...mount('exec "$@"'), this.folder];
  }

  /** Takes all the room that is left to the process. */
  fill(process: RunningProcess): void {
    for (let size = 65_536; size > 0; size = Math.floor(size / 2)) {
      try {
        for (;;) appendFileSync(this.#ballastOf(process), Buffer.alloc(size));
      } catch {
        // No room for so much; there may be for less.
      }
    }
  }

  free(process: RunningProcess): void {
    rmSync(this.#ballastOf(process));
  }

  #ballastOf({ child }: RunningProcess): string {
    return join("/proc", String(child.pid), "root", this.folder, "ballast");
  }
}
