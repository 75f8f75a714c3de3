import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../system/until.js";
import { ManualTimers } from "../upload/manual-timers.test.support.js";
import { ConversionError } from "./conversion-error.js";
import { KeptImages } from "./kept-images.js";

const never = new AbortController().signal;
const png = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");
const hour = 3_600_000;

let parent: string;
let folder: string;
let nowMs: number;
let timers: ManualTimers;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "darkroom-kept-"));
  folder = join(parent, "data", "images");
  nowMs = Date.now();
  timers = new ManualTimers();
});
afterEach(() => rmSync(parent, { recursive: true }));

const store = ({ maxBytes = 1000, maxFiles = 100 } = {}): KeptImages =>
  new KeptImages({ folder, maxBytes, maxFiles }, () => nowMs, timers);
const image = (bytes: number): Buffer[] => [png, Buffer.alloc(bytes - png.length, 1)];
const keep = async (images: KeptImages, bytes: number): Promise<string> =>
  (await images.keep(image(bytes), bytes, never)).name;
const files = (): string[] => readdirSync(folder);

function pass(milliseconds: number): void {
  nowMs += milliseconds;
  timers.advance(milliseconds);
}

test("an image is kept as it is, for its owner alone, under a name nobody can guess", async () => {
  const images = store();
  const { name, expiresAtMs } = await images.keep(image(100), 100, never);
  expect(name).toMatch(/^[0-9a-f]{32}\.png$/);
  expect(expiresAtMs).toBe(nowMs + hour);
  expect(readFileSync(join(folder, name))).toEqual(Buffer.concat(image(100)));
  expect([statSync(folder).mode & 0o777, statSync(join(folder, name)).mode & 0o777]).toEqual([0o700, 0o600]);
  const kept = await images.open(name);
  expect(kept?.bytes).toBe(100);
  await kept?.file.close();
});

test("after an hour it is gone, and what is younger is not", async () => {
  const images = store();
  await keep(images, 100);
  pass(hour - 1);
  const second = await keep(images, 100);
  pass(1);
  await until(() => files().length === 1 && timers.pending === 1);
  expect(files()).toEqual([second]);
  pass(hour - 1);
  await until(() => files().length === 0);
  expect(timers.pending).toBe(0);
});

test("the oldest make room, for bytes and for files", async () => {
  const images = store({ maxBytes: 1000, maxFiles: 3 });
  const names = [await keep(images, 400), await keep(images, 400), await keep(images, 400)];
  expect(files().sort()).toEqual(names.slice(1).sort());
  names.push(await keep(images, 100), await keep(images, 100));
  expect(files().sort()).toEqual(names.slice(2).sort());
  expect(await images.open(names[0] ?? "")).toBeUndefined();
});

test("of many that come at once no more are kept than have room, and the others are told", async () => {
  const images = store({ maxBytes: 1000 });
  const kept = await Promise.allSettled(Array.from({ length: 20 }, () => keep(images, 400)));
  const told = kept.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  const reasons = kept.flatMap((each) => (each.status === "rejected" ? [each.reason as unknown] : []));
  expect(files()).toHaveLength(2);
  expect(told).toEqual(expect.arrayContaining(files()));
  expect(reasons.length).toBeGreaterThan(0);
  for (const reason of reasons) expect(reason).toBeInstanceOf(ConversionError);
  // What was not kept takes no room.
  await keep(images, 200);
  expect(files()).toHaveLength(3);
});

test("what can never fit takes nobody's room", async () => {
  const images = store({ maxBytes: 1000 });
  const first = await keep(images, 400);
  await expect(images.keep(image(1001), 1001, never)).rejects.toThrow("larger than all");
  expect(files()).toEqual([first]);
});

test("a new process finds what is there, and removes what is too old or too much; other files it leaves alone", async () => {
  const earlier = store();
  const names = [
    await keep(earlier, 100),
    await keep(earlier, 100),
    await keep(earlier, 100),
    await keep(earlier, 100),
  ];
  const [old = "", first = ""] = names;
  const age = (name: string, ms: number): void => {
    utimesSync(join(folder, name), (nowMs - ms) / 1000, (nowMs - ms) / 1000);
  };
  age(old, hour + 1000);
  age(first, 60_000);
  writeFileSync(join(folder, "notes.txt"), "mine");
  const images = store({ maxFiles: 2 });
  await images.start();
  expect(files().sort()).toEqual([...names.slice(2), "notes.txt"].sort());
  // The time goes on where it stood.
  pass(hour + 1000);
  await until(() => files().length === 1);
});

test.each(["../data/images/x", "notes.txt", "", ".png", `${"0".repeat(32)}.png/../../secret`])(
  "%j is the name of no image",
  async (name) => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "notes.txt"), "mine");
    expect(await store().open(name)).toBeUndefined();
  },
);

test("where the folder cannot be made, keeping fails; once it can, it works", async () => {
  writeFileSync(join(parent, "data"), "a file");
  const images = store();
  await expect(keep(images, 100)).rejects.toMatchObject({ code: "ENOTDIR" });
  rmSync(join(parent, "data"));
  await keep(images, 100);
  expect(files()).toHaveLength(1);
});

test("of an image that was not kept to its end nothing is left", async () => {
  const images = store();
  const stop = new AbortController();
  function* pieces(): Generator<Buffer> {
    yield png;
    stop.abort(new Error("the client is gone"));
    yield Buffer.alloc(50);
  }
  await expect(images.keep(pieces(), 100, stop.signal)).rejects.toThrow("gone");
  expect(files()).toEqual([]);
  // Its bytes do not count any more.
  await keep(images, 950);
  expect(files()).toHaveLength(1);
});

test("closed, it watches nothing and keeps what it has", async () => {
  const images = store();
  await keep(images, 100);
  images.close();
  expect([timers.pending, files().length]).toEqual([0, 1]);
});
