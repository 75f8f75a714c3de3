import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ImageUrls } from "./image-urls.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "darkroom-urls-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const name = "0123456789abcdef0123456789abcdef.png";
const now = 1_800_000_000_000;

/** The query of a URL. */
async function made(urls: ImageUrls, expiresAtMs: number) {
  const { pathname, searchParams } = new URL(await urls.pathFor(name, expiresAtMs), "http://localhost");
  expect(pathname).toBe(`/v1/images/files/${name}`);
  return { expires: searchParams.get("expires") ?? "", signature: searchParams.get("signature") ?? "" };
}

test("a URL is valid until it expires, for every gateway with the same folder", async () => {
  const { expires, signature } = await made(new ImageUrls(folder, () => now), now + 3_600_000);
  const check = (atMs: number) => new ImageUrls(folder, () => atMs).check(name, expires, signature);
  expect(await check(now + 3_599_999)).toBe("valid");
  expect(await check(now + 3_600_000)).toBe("expired");
});

test("whatever is changed of it, it is forged", async () => {
  const urls = new ImageUrls(folder, () => now);
  const { expires, signature } = await made(urls, now + 3_600_000);
  const longer = String(Number(expires) + 1);
  const flipped = `${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`;
  expect(await urls.check(name.replace("0", "1"), expires, signature)).toBe("forged");
  expect(await urls.check(name, longer, signature)).toBe("forged");
  expect(await urls.check(name, expires, flipped)).toBe("forged");
  expect(await urls.check(name, expires, signature.slice(0, -2))).toBe("forged");
  expect(await urls.check(name, expires, "")).toBe("forged");
  expect(await urls.check(name, expires, undefined)).toBe("forged");
  expect(await urls.check(name, [expires, expires], signature)).toBe("forged");
  expect(await urls.check(name, `${expires}e9`, signature)).toBe("forged");
  expect(await urls.check(name, expires, signature)).toBe("valid");
});

test("the key is the owner's alone; another one makes other URLs", async () => {
  const { expires, signature } = await made(new ImageUrls(folder, () => now), now + 3_600_000);
  const file = join(folder, "image-url-key");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, "utf8")).toMatch(/^[\w-]{43}\n$/);
  rmSync(file);
  expect(await new ImageUrls(folder, () => now).check(name, expires, signature)).toBe("forged");
});

test("without a folder for the key there are no URLs, and none is valid", async () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  const urls = new ImageUrls(file, () => now);
  await expect(urls.pathFor(name, now)).rejects.toThrow();
  expect(await urls.check(name, "1900000000", "A".repeat(43))).toBe("forged");
});
