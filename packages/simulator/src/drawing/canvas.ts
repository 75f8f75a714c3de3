import sharp, { type OutputInfo, type Sharp } from "sharp";
import type { Dimensions, OutputFormat } from "../validation/valid-edit.js";

/** Pixels, four bytes each: red, green, blue, opacity. */
export interface Canvas extends Dimensions {
  readonly pixels: Buffer;
}

/** Where a layer lies on a canvas. */
export interface Placed extends Canvas {
  readonly left: number;
  readonly top: number;
}

/** Decodes a picture and brings it to a size: it covers all of it, and what stands out is cut off on both sides. */
export async function decode(
  file: Buffer,
  size: Dimensions,
  kernel: "lanczos3" | "nearest" = "lanczos3",
): Promise<Canvas> {
  const { width, height } = size;
  const pixels = await sharp(file)
    .toColourspace("srgb")
    .ensureAlpha()
    .resize(width, height, { fit: "cover", kernel })
    .raw({ depth: "uchar" })
    .toBuffer();
  return { width, height, pixels };
}

export async function rasterize(svg: string): Promise<Canvas> {
  const { data, info } = await sharp(Buffer.from(svg))
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, pixels: data };
}

/** Lays a layer over the canvas, but only where `isEditable` says so. */
export function layOver(canvas: Canvas, layer: Placed, isEditable: Uint8Array): void {
  for (let y = Math.max(0, -layer.top); y < layer.height && y + layer.top < canvas.height; y += 1) {
    for (let x = Math.max(0, -layer.left); x < layer.width && x + layer.left < canvas.width; x += 1) {
      const pixel = (y + layer.top) * canvas.width + x + layer.left;
      if (isEditable[pixel] !== 1) continue;
      const from = (y * layer.width + x) * 4;
      const opacity = (layer.pixels[from + 3] ?? 0) / 255;
      if (opacity === 0) continue;
      for (let channel = 0; channel < 3; channel += 1) {
        const under = canvas.pixels[pixel * 4 + channel] ?? 0;
        canvas.pixels[pixel * 4 + channel] = under + ((layer.pixels[from + channel] ?? 0) - under) * opacity;
      }
      canvas.pixels[pixel * 4 + 3] = Math.max(canvas.pixels[pixel * 4 + 3] ?? 0, Math.round(opacity * 255));
    }
  }
}

export interface Encoding {
  readonly format: OutputFormat;
  /** Percent; of jpeg and webp. */
  readonly compression: number;
  readonly background: "transparent" | "opaque";
}

export function encode(canvas: Canvas, encoding: Encoding): Promise<Buffer> {
  const { width, height } = canvas;
  return finish(sharp(canvas.pixels, { raw: { width, height, channels: 4 } }), encoding);
}

/** The same picture as if most of its detail were still missing: larger factors, coarser pictures. */
export async function coarsened(
  file: Buffer,
  size: Dimensions,
  factor: number,
  encoding: Encoding,
): Promise<Buffer> {
  const small = await sharp(file)
    .resize(Math.max(1, Math.round(size.width / factor)), Math.max(1, Math.round(size.height / factor)), {
      fit: "fill",
    })
    .png()
    .toBuffer();
  return finish(sharp(small).resize(size.width, size.height, { fit: "fill", kernel: "cubic" }), encoding);
}

function finish(image: Sharp, { format, compression, background }: Encoding): Promise<Buffer> {
  const filled = background === "opaque" ? image.flatten({ background: "#ffffff" }) : image;
  const quality = Math.max(1, compression); // sharp begins at 1 where OpenAI begins at 0
  switch (format) {
    case "png":
      return filled.png({ compressionLevel: 6 }).toBuffer();
    case "jpeg":
      return filled.jpeg({ quality }).toBuffer();
    case "webp":
      return filled.webp({ quality, effort: 2 }).toBuffer();
    case "gif":
      return filled.gif({ effort: 1 }).toBuffer();
    case "svg":
      return filled.png({ compressionLevel: 6 }).toBuffer({ resolveWithObject: true }).then(asSvg);
  }
}

/** A real model would write shapes; here the picture lies in the SVG as it is. */
function asSvg({ data, info: { width, height } }: { data: Buffer; info: OutputInfo }): Buffer {
  const href = `data:image/png;base64,${data.toString("base64")}`;
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><image width="${width}" height="${height}" href="${href}"/></svg>`,
  );
}
