import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { type SecretKind, keptSecret } from "@darkroom/accounts";

/** Where the gateway serves the images that it keeps. */
export const imageFilesPath = "/v1/images/files";

const urlKey: SecretKind = {
  fileName: "image-url-key",
  name: "image URL key",
  form: /^[\w-]{43}$/,
  ifReplaced: "URLs that were given out are then void",
  make: () => randomBytes(32).toString("base64url"),
};

export type UrlStanding = "valid" | "expired" | "forged";

/**
 * URLs of kept images. Who has one may fetch the image until it expires, without a key of the gateway: name and expiry are
 * signed (HMAC-SHA256) with a key that lies in the data folder, so that they outlive a restart.
 */
export class ImageUrls {
  #key: Promise<string> | undefined;

  constructor(
    private readonly dataFolder: string,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /**
   * The path and query of an image's URL.
   * @throws Error where the key can be neither read nor made
   */
  async pathFor(name: string, expiresAtMs: number): Promise<string> {
    const expires = String(Math.floor(expiresAtMs / 1000));
    const signature = await this.#signature(name, expires);
    return `${imageFilesPath}/${name}?expires=${expires}&signature=${signature.toString("base64url")}`;
  }

  /** What a URL is worth; `expires` and `signature` as they stand in its query. */
  async check(name: string, expires: unknown, signature: unknown): Promise<UrlStanding> {
    if (typeof expires !== "string" || typeof signature !== "string" || !/^\d{1,15}$/.test(expires))
      return "forged";
    // Without a key nothing was ever signed.
    const expected = await this.#signature(name, expires).catch(() => undefined);
    const given = Buffer.from(signature, "base64url");
    if (expected === undefined || given.length !== expected.length || !timingSafeEqual(given, expected))
      return "forged";
    return Number(expires) * 1000 <= this.nowMs() ? "expired" : "valid";
  }

  async #signature(name: string, expires: string): Promise<Buffer> {
    this.#key ??= keptSecret(this.dataFolder, urlKey).then(({ secret }) => secret);
    const key = await this.#key.catch((error: unknown) => {
      this.#key = undefined;
      throw error;
    });
    return createHmac("sha256", key).update(`${name}\n${expires}`).digest();
  }
}
