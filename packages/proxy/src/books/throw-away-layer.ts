import { readFile } from "node:fs/promises";

/** File systems whose files go with the container, or with the machine's next start. */
const throwAway: ReadonlySet<string> = new Set(["overlay", "aufs", "tmpfs", "ramfs"]);

/**
 * The kind of file system a folder lies on, if what is written there goes with its container: the container's own layer, or
 * memory. Undefined where it stays, or where that cannot be told: only Linux tells it.
 *
 * @param folder an absolute path
 * @param mountInfo the text of `/proc/self/mountinfo`, see proc_pid_mountinfo(5)
 */
export function throwAwayKind(folder: string, mountInfo: string): string | undefined {
  const mounts = mountInfo.split("\n").flatMap((line) => {
    const fields = line.split(" ");
    const separator = fields.indexOf("-");
    const [point, kind] = [fields[4], fields[separator + 1]];
    return separator < 0 || point === undefined || kind === undefined
      ? []
      : [{ point: unescaped(point), kind }];
  });
  // Later mounts cover earlier ones at the same place.
  const nearest = mounts
    .filter(({ point }) => isWithin(folder, point))
    .reduce<{ point: string; kind: string } | undefined>(
      (best, mount) => (best === undefined || mount.point.length >= best.point.length ? mount : best),
      undefined,
    );
  return nearest !== undefined && throwAway.has(nearest.kind) ? nearest.kind : undefined;
}

/** As {@link throwAwayKind}, of this machine. */
export async function throwAwayKindHere(folder: string): Promise<string | undefined> {
  const mountInfo = await readFile("/proc/self/mountinfo", "utf8").catch(() => "");
  return throwAwayKind(folder, mountInfo);
}

function isWithin(folder: string, point: string): boolean {
  return point === "/" || folder === point || folder.startsWith(`${point}/`);
}

/** Blanks and the like stand there in octal: `\040`. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
