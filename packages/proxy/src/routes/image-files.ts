import { pipeline } from "node:stream/promises";
import { imageType, imageTypeLength } from "@darkroom/router";
import type { Request, RequestHandler, Response } from "express";
import { GatewayError } from "../errors.js";
import { longestPauseMs, longestTakingMs } from "../answers/slow-clients.js";
import type { KeptFiles } from "../formats/kept-files.js";

/** `GET /v1/images/files/{name}`: an image that was kept, for whoever has its URL. */
export function imageFiles({ images, urls }: KeptFiles): RequestHandler {
  return async (request: Request<{ name?: string }>, response: Response) => {
    const { name = "" } = request.params;
    const { expires, signature } = request.query;
    const standing = await urls.check(name, expires, signature);
    if (standing === "forged")
      throw refusal(403, "invalid_signature", "This URL was not made by this gateway.");
    if (standing === "expired")
      throw refusal(410, "url_expired", "This URL has expired: images are kept for an hour.");
    const kept = await images.open(name);
    if (kept === undefined) {
      throw refusal(
        404,
        "file_not_found",
        "This image is not kept any more: it had to make room for others.",
      );
    }
    const { file, bytes } = kept;
    try {
      const { buffer } = await file.read(Buffer.alloc(imageTypeLength), 0, imageTypeLength, 0);
      response.writeHead(200, {
        "content-type": imageType(buffer) ?? "application/octet-stream",
        "content-length": bytes,
        "content-disposition": `inline; filename="${name}"`,
        "cache-control": "private, max-age=3600",
        "content-security-policy": "default-src 'none'; sandbox",
        "x-content-type-options": "nosniff",
      });
      if (request.method === "HEAD") {
        response.end();
        return;
      }
      response.setTimeout(longestPauseMs, () => response.destroy());
      // A client that goes is no error of ours, and no error can be told any more.
      const signal = AbortSignal.timeout(longestTakingMs);
      await pipeline(file.createReadStream({ start: 0, autoClose: false }), response, { signal }).catch(() =>
        response.destroy(),
      );
    } finally {
      await file.close();
    }
  };
}

function refusal(status: number, code: string, message: string): GatewayError {
  return new GatewayError({ status, type: "invalid_request_error", code, message });
}
