import type { IncomingMessage } from "node:http";

export type ReadBody =
  | { readonly outcome: "complete"; readonly body: Buffer }
  /** It was to stop after some bytes, and did. */
  | { readonly outcome: "stopped"; readonly readBytes: number }
  | { readonly outcome: "too-large" }
  /** The client went away while it was sending. */
  | { readonly outcome: "aborted"; readonly readBytes: number };

/** Reads the whole body, or as much of it as the limits allow. A body that is too large is read on, but not kept. */
export function readBody(
  request: IncomingMessage,
  limits: { readonly maximumBytes: number; readonly stopAfterBytes?: number },
): Promise<ReadBody> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let readBytes = 0;
    request.on("data", (chunk: Buffer) => {
      readBytes += chunk.length;
      if (limits.stopAfterBytes !== undefined && readBytes >= limits.stopAfterBytes) {
        request.pause();
        resolve({ outcome: "stopped", readBytes });
      }
      if (readBytes <= limits.maximumBytes) chunks.push(chunk);
      else chunks.length = 0;
    });
    request.on("end", () => {
      const [only] = chunks;
      if (readBytes > limits.maximumBytes) resolve({ outcome: "too-large" });
      else resolve({ outcome: "complete", body: chunks.length === 1 && only ? only : Buffer.concat(chunks) });
    });
    request.on("error", () => resolve({ outcome: "aborted", readBytes }));
    request.on("close", () => resolve({ outcome: "aborted", readBytes }));
  });
}
