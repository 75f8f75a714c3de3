import sharp from "sharp";
import { flatPng } from "../drawing/flat-png.js";
import { readImageHeader } from "./image-header.js";

const plain = (channels: 3 | 4) =>
  sharp({ create: { width: 37, height: 21, channels, background: { r: 1, g: 2, b: 3, alpha: 0.5 } } });

describe("the header of a picture", () => {
  it.each([
    ["png without transparency", () => plain(3).png().toBuffer(), "png", false],
    ["png with transparency", () => plain(4).png().toBuffer(), "png", true],
    ["png of a palette", () => plain(4).png({ palette: true }).toBuffer(), "png", true],
    ["jpeg", () => plain(3).jpeg().toBuffer(), "jpeg", false],
    ["progressive jpeg", () => plain(3).jpeg({ progressive: true }).toBuffer(), "jpeg", false],
    [
      "jpeg with metadata",
      () =>
        plain(3)
          .withExif({ IFD0: { Copyright: "x".repeat(3000) } })
          .jpeg()
          .toBuffer(),
      "jpeg",
      false,
    ],
    ["lossy webp", () => plain(3).webp().toBuffer(), "webp", false],
    ["lossy webp with transparency", () => plain(4).webp().toBuffer(), "webp", true],
    ["lossless webp", () => plain(3).webp({ lossless: true }).toBuffer(), "webp", false],
    ["lossless webp with transparency", () => plain(4).webp({ lossless: true }).toBuffer(), "webp", true],
  ] as const)("%s", async (_, make, format, hasAlpha) => {
    expect(readImageHeader(await make())).toEqual({ format, width: 37, height: 21, hasAlpha });
  });

  it("is the same for our own PNGs as an image library sees them", async () => {
    const bytes = flatPng({
      width: 5,
      height: 9,
      palette: [[1, 2, 3, 0]],
      colourAt: () => 0,
      paddedToBytes: 5000,
    });
    expect(bytes.length).toBe(5000);
    expect(readImageHeader(bytes)).toEqual({ format: "png", width: 5, height: 9, hasAlpha: true });
    const { data } = await sharp(bytes).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
    expect([...data.subarray(0, 4)]).toEqual([1, 2, 3, 0]);
  });

  it.each([
    ["nothing", Buffer.alloc(0)],
    ["text", Buffer.from("<svg/>")],
    ["a gif", Buffer.from("GIF89a\x01\x00\x01\x00")],
    [
      "the first bytes of a png",
      flatPng({ width: 5, height: 5, palette: [[0, 0, 0, 0]], colourAt: () => 0 }).subarray(0, 20),
    ],
    ["the first bytes of a jpeg", Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16])],
    ["a riff that is no webp", Buffer.from("RIFF____WAVEfmt ")],
  ])("is none of %s", (_, bytes) => expect(readImageHeader(bytes)).toBeUndefined());
});
