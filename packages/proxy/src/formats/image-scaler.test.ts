import sharp from "sharp";
import { png } from "../system/pictures.js";
import { ImageScaler } from "./image-scaler.js";

const scaler = new ImageScaler();
const never = new AbortController().signal;

/** A blue picture with a red stripe at either side. */
function striped(width: number, height: number, stripe: number) {
  const red = { create: { width: stripe, height, channels: 4 as const, background: "#ff0000" } };
  return sharp({ create: { width, height, channels: 4, background: "#0000ff" } }).composite([
    { input: red, left: 0, top: 0 },
    { input: red, left: width - stripe, top: 0 },
  ]);
}

test.each(["png", "jpeg", "webp", "gif"] as const)(
  "a %s stays one and gets exactly the size",
  async (format) => {
    const image = await striped(1024, 1024, 10).toFormat(format).toBuffer();
    const { info } = await sharp(await scaler.scale(image, "512x512", never)).toBuffer({
      resolveWithObject: true,
    });
    expect(info).toMatchObject({ format, width: 512, height: 512 });
  },
);

test("of another shape both sides are cut off, and nothing is stretched", async () => {
  const image = await striped(1536, 1024, 128).png().toBuffer();
  const { data, info } = await sharp(await scaler.scale(image, "600x480", never))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect(info).toMatchObject({ width: 600, height: 480 });
  // 1536x1024 is 720x480: of the stripes' 60 columns nothing is left.
  const row = data.subarray(240 * 600 * 3, 241 * 600 * 3);
  expect([...row.subarray(9, 12)]).toEqual([0, 0, 255]);
});

test("transparency stays", async () => {
  const image = await sharp({ create: { width: 64, height: 64, channels: 4, background: "#00000000" } })
    .png()
    .toBuffer();
  const { channels, isOpaque } = await sharp(await scaler.scale(image, "32x32", never))
    .stats()
    .then((stats) => ({
      channels: stats.channels.length,
      isOpaque: stats.isOpaque,
    }));
  expect({ channels, isOpaque }).toEqual({ channels: 4, isOpaque: false });
});

test.each([
  [
    "a drawing of lines",
    Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"/>'),
    "its format cannot be scaled",
  ],
  [
    "what only begins like a picture",
    Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), Buffer.alloc(99)]),
    "its format cannot be scaled",
  ],
  ["what is narrower", png({ width: 31, height: 32 }), "the image is smaller than that"],
  ["what is lower", png({ width: 32, height: 31 }), "the image is smaller than that"],
])("%s is told to be none to scale", (_what, image, reason) => {
  expect(() => scaler.workingBytes(image, "32x32")).toThrow(reason);
});

test("the memory it takes grows with the pixels, and most with those of a WebP", async () => {
  const picture = striped(1536, 1024, 10);
  const pixels = 1536 * 1024;
  expect(scaler.workingBytes(await picture.png().toBuffer(), "512x512")).toBe(16 * pixels);
  expect(scaler.workingBytes(await picture.webp().toBuffer(), "512x512")).toBe(16 * pixels + 50 * 512 * 512);
});

test("a picture that is cut short is not scaled", async () => {
  const whole = await striped(64, 64, 4).jpeg().toBuffer();
  await expect(scaler.scale(whole.subarray(0, 300), "32x32", never)).rejects.toThrow("could not be scaled");
});

test("a small file that claims to be a huge picture is not unpacked", async () => {
  const image = await sharp({ create: { width: 5000, height: 5000, channels: 3, background: "#fff" } })
    .png()
    .toBuffer();
  await expect(scaler.scale(image, "32x32", never)).rejects.toThrow("scaled");
});
