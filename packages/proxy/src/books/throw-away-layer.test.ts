import { throwAwayKind } from "./throw-away-layer.js";

const container = [
  "1206 1012 0:96 / / rw,relatime master:341 - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/A:/B,upperdir=/C",
  "1207 1206 0:99 / /proc rw,nosuid - proc proc rw",
  "1210 1206 8:1 /var/lib/docker/volumes/data/_data /data rw,relatime master:1 - ext4 /dev/sda1 rw",
  "1211 1206 0:101 / /mnt/with\\040blank rw - ext4 /dev/sdb1 rw",
  "1212 1206 0:102 / /scratch rw - tmpfs tmpfs rw",
  "",
].join("\n");

const host = [
  "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
  "23 22 0:5 / /run rw - tmpfs tmpfs rw",
].join("\n");

test.each<[string, string, string | undefined]>([
  ["/app/data", container, "overlay"],
  ["/data", container, undefined],
  ["/data/darkroom", container, undefined],
  ["/database", container, "overlay"],
  ["/mnt/with blank/data", container, undefined],
  ["/scratch/data", container, "tmpfs"],
  ["/home/one/darkroom/data", host, undefined],
  ["/run/data", host, "tmpfs"],
  ["/data", "", undefined],
  ["/data", "nonsense\n- -\n", undefined],
])("%s", (folder, mountInfo, expected) => {
  expect(throwAwayKind(folder, mountInfo)).toBe(expected);
});

test("of two mounts at one place the later one counts", () => {
  const covered = `${host}\n40 22 0:50 / /data rw - tmpfs tmpfs rw\n41 40 8:2 / /data rw - ext4 /dev/sdb rw`;
  expect(throwAwayKind("/data", covered)).toBeUndefined();
});
