/**
 * The uploads and answers of the benchmark, named by a short text: `1m:200k` is an edit of a 1 MiB picture that is answered
 * by 200 KiB of JSON, `1m:200k:stream` one that is answered by three events of 200 KiB. Upstream, load generator and report
 * are processes of their own; each builds the same bytes from the same text.
 */
import { createCipheriv } from "node:crypto";

/** What the client asks for; a target that chooses deployments sends another one to the upstream. */
export const clientModel = "gpt-image-1";
export const deploymentModel = "gpt-image-1-mini";

/** Between two events of a stream the upstream pauses, so that they are relayed one by one. */
export const eventPauseMs = 10;

const partialImages = 2;
const boundary = "----darkroom-benchmark-6f1a0d7c42b9";
const units = { "": 1, k: 1024, m: 1024 ** 2 };

/**
 * @typedef {object} Payload
 * @property {string} text
 * @property {number} imageBytes
 * @property {number} answerBytes of a whole answer, or of each event
 * @property {boolean} isStream
 */

/** @returns {Payload} */
export function parsePayload(text) {
  const [image, answer, mode] = text.split(":");
  const isStream = mode === "stream";
  if (answer === undefined || (mode !== undefined && !isStream)) {
    throw new Error(`A payload is IMAGE:ANSWER or IMAGE:EVENT:stream, such as 1m:200k, not '${text}'.`);
  }
  const payload = { text, imageBytes: parseSize(image), answerBytes: parseSize(answer), isStream };
  if (payload.answerBytes < 1024) throw new Error(`An answer has 1 KiB at least, not '${answer}'.`);
  return payload;
}

/** `1 MiB up, 3 events of 200 KiB down` */
export function describePayload({ imageBytes, answerBytes, isStream }) {
  const down = isStream
    ? `${partialImages + 1} events of ${formatSize(answerBytes)}`
    : formatSize(answerBytes);
  return `${formatSize(imageBytes)} up, ${down} down`;
}

export function formatSize(bytes) {
  return bytes >= units.m ? `${bytes / units.m} MiB` : `${bytes / units.k} KiB`;
}

/**
 * The upload as a client sends it.
 *
 * @param {Payload} payload
 * @returns {{ body: Buffer, contentType: string, image: Buffer, fields: Record<string, string> }}
 */
export function uploadOf({ imageBytes, isStream }) {
  const image = picture(imageBytes);
  const fields = {
    model: clientModel,
    prompt: "Add a small red hat to the cat",
    size: "1024x1024",
    quality: "high",
    ...(isStream ? { stream: "true", partial_images: String(partialImages) } : {}),
  };
  const part = (disposition) => `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n`;
  const values = Object.entries(fields).map(([name, value]) => `${part(`name="${name}"`)}\r\n${value}\r\n`);
  const file = `${part('name="image"; filename="photo.png"')}Content-Type: image/png\r\n\r\n`;
  const body = Buffer.concat([
    Buffer.from(values.join("") + file),
    image,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  return { body, contentType: `multipart/form-data; boundary=${boundary}`, image, fields };
}

/**
 * The upstream's answer, in the pieces in which it sends it: one, or an event each.
 *
 * @param {Payload} payload
 * @returns {{ contentType: string, pieces: Buffer[] }}
 */
export function answerOf({ answerBytes, isStream }) {
  if (!isStream) {
    const pieces = [Buffer.from(filledWithBase64(wholeAnswer, answerBytes))];
    return { contentType: "application/json", pieces };
  }
  const stages = Array.from({ length: partialImages }, (_, index) => partialImage(index));
  const pieces = [...stages, completed].map((event) => {
    const prefix = `event: ${event("").type}\ndata: `;
    const data = filledWithBase64(event, answerBytes - prefix.length - 2);
    return Buffer.from(`${prefix}${data}\n\n`);
  });
  return { contentType: "text/event-stream", pieces };
}

const picked = { size: "1024x1024", quality: "high", background: "opaque", output_format: "png" };
const usage = {
  input_tokens: 323,
  input_tokens_details: { image_tokens: 300, text_tokens: 23 },
  output_tokens: 4160,
  output_tokens_details: { image_tokens: 4160, text_tokens: 0 },
  total_tokens: 4483,
};

const wholeAnswer = (b64_json) => ({ created: 1713833628, data: [{ b64_json }], ...picked, usage });
const partialImage = (index) => (b64_json) => ({
  type: "image_edit.partial_image",
  b64_json,
  created_at: 1713833628,
  ...picked,
  partial_image_index: index,
});
const completed = (b64_json) => ({
  type: "image_edit.completed",
  b64_json,
  created_at: 1713833628,
  ...picked,
  usage,
});

/** JSON of exactly so many bytes; compact, so that a target that parses and writes it again comes to the same bytes. */
function filledWithBase64(shape, bytes) {
  const length = bytes - JSON.stringify(shape("")).length;
  return JSON.stringify(
    shape(
      noise(Math.ceil((length * 3) / 4) + 3, 7)
        .toString("base64")
        .slice(0, length),
    ),
  );
}

/** What starts as a PNG does and compresses as badly. */
function picture(bytes) {
  const image = noise(bytes, 3);
  Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]).copy(image);
  return image;
}

/** Bytes without a pattern, but the same in every process. */
function noise(bytes, seed) {
  const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16, seed), Buffer.alloc(16));
  return cipher.update(Buffer.alloc(bytes));
}

function parseSize(text) {
  const [, number, unit] = /^(\d+)([km]?)$/i.exec(text) ?? [];
  if (number === undefined) throw new Error(`A size is a number with k or m behind it, not '${text}'.`);
  return Number(number) * units[unit.toLowerCase()];
}
