import { spawnSync } from "node:child_process";

/** Ways to get a file system of one's own: as a user whom the system lets be root in a world of its own, and as root. */
const ways = [
  ["unshare", "--user", "--map-root-user", "--mount"],
  ["unshare", "--mount"],
];

const mount = (then: string) => ["sh", "-c", `mount -t tmpfs -o size=2m tmpfs "$0" && ${then}`];

/** The first way that this machine allows. */
const way = ways.find(([command = "", ...flags]) => {
  const probe = [...flags, ...mount("true"), "/mnt"];
  return spawnSync(command, probe, { stdio: "ignore" }).status === 0;
});

/** Whether a process can be given a small disk here; asked while tests are collected. */
export const hasSmallDisk = way !== undefined;

/** What a command line is to begin with, so that the process finds a disk of 2 MiB in place of a folder. */
export function onSmallDisk(folder: string): readonly string[] {
  return [...(way ?? []), ...mount('exec "$@"'), folder];
}
