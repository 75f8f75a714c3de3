/** How many bytes `imageType` needs to see. */
export const imageTypeLength = 12;

const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const jpeg = Buffer.from([0xff, 0xd8, 0xff]);

function startsWith(bytes: Buffer, magic: Buffer): boolean {
  return bytes.subarray(0, magic.length).equals(magic);
}

/** The media type that the first bytes of a file show; undefined when they are no image's that OpenAI takes. */
export function imageType(start: Buffer): string | undefined {
  if (startsWith(start, png)) return "image/png";
  if (startsWith(start, jpeg)) return "image/jpeg";
  const text = start.toString("latin1", 0, imageTypeLength);
  if (text.startsWith("RIFF") && text.slice(8) === "WEBP") return "image/webp";
  if (text.startsWith("GIF87a") || text.startsWith("GIF89a")) return "image/gif";
  return undefined;
}
