import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keptMasterKey } from "./kept-master-key.js";

let folder: string;
let data: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "darkroom-master-key-"));
  data = join(folder, "state", "data");
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const hasModes = process.platform !== "win32";

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}

test("makes a key once and keeps it", async () => {
  const first = await keptMasterKey(data);
  expect(first.created).toBe(true);
  expect(first.key).toMatch(/^sk-[\w-]{43}$/);
  expect(await keptMasterKey(data)).toEqual({ key: first.key, created: false });
  expect(readdirSync(data)).toEqual(["master-key"]);
});

test("each folder has a key of its own", async () => {
  const other = await keptMasterKey(join(folder, "other"));
  expect((await keptMasterKey(data)).key).not.toBe(other.key);
});

test("processes that start together agree, and one of them made it", async () => {
  const all = await Promise.all(Array.from({ length: 20 }, () => keptMasterKey(data)));
  expect(new Set(all.map(({ key }) => key)).size).toBe(1);
  expect(all.filter(({ created }) => created)).toHaveLength(1);
  expect(readdirSync(data)).toEqual(["master-key"]);
});

test("folder and file belong to their owner alone", async () => {
  if (!hasModes) return;
  await keptMasterKey(data);
  expect(modeOf(data)).toBe(0o700);
  expect(modeOf(join(data, "master-key"))).toBe(0o600);

  chmodSync(join(data, "master-key"), 0o644);
  await keptMasterKey(data);
  expect(modeOf(join(data, "master-key"))).toBe(0o600);
});

describe("a file that does not hold a key", () => {
  test.each([
    ["empty", "", "is empty"],
    ["blank", " \n", "is empty"],
    ["cut short", "sk-abcdef\n", "is damaged"],
    ["something else", '{"key":"sk-secret"}', "is damaged"],
  ])("%s: says so, and neither shows nor replaces it", async (_, content, message) => {
    await keptMasterKey(data);
    const path = join(data, "master-key");
    writeFileSync(path, content);

    const failure = await keptMasterKey(data).then(
      () => "none",
      (error: unknown) => String(error),
    );
    expect(failure).toContain(message);
    expect(failure).toContain(path);
    expect(failure).not.toContain("sk-");
    expect(readFileSync(path, "utf8")).toBe(content);
  });

  test("not even a file: the system's own error", async () => {
    writeFileSync(join(folder, "file"), "");
    await expect(keptMasterKey(join(folder, "file"))).rejects.toThrow(/EEXIST|ENOTDIR/);
  });
});
