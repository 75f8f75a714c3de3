import { generateKeyPairSync, sign } from "node:crypto";

/** A certificate and its private key, as PEM. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/**
 * A certificate for some names that signs itself, valid from yesterday to tomorrow: its own authority. Written out here
 * (RFC 5280, in DER), since Node makes keys but no certificates, and not every machine has a program that does.
 */
export function selfSignedCertificate(names: readonly string[]): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const dayMs = 24 * 60 * 60 * 1000;
  const commonName = sequence(
    set(sequence(identifier(0x55, 0x04, 0x03), der(0x0c, Buffer.from("darkroom test")))),
  );
  const alternativeNames = sequence(...names.map((name) => der(0x82, Buffer.from(name))));
  const isAuthority = sequence(der(0x01, Buffer.from([0xff])));
  const toBeSigned = sequence(
    der(0xa0, integer(2)), // version 3
    integer(1),
    ecdsaWithSha256,
    commonName,
    sequence(time(Date.now() - dayMs), time(Date.now() + dayMs)),
    commonName,
    publicKey.export({ type: "spki", format: "der" }),
    der(
      0xa3,
      sequence(
        sequence(identifier(0x55, 0x1d, 0x13), der(0x01, Buffer.from([0xff])), der(0x04, isAuthority)),
        sequence(identifier(0x55, 0x1d, 0x11), der(0x04, alternativeNames)),
      ),
    ),
  );
  const signature = der(0x03, Buffer.concat([Buffer.alloc(1), sign("sha256", toBeSigned, privateKey)]));
  return {
    certificate: pem(sequence(toBeSigned, ecdsaWithSha256, signature)),
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

/** Tag, length, content. */
function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  if (length < 0x100) return Buffer.concat([Buffer.from([tag, 0x81, length]), content]);
  return Buffer.concat([Buffer.from([tag, 0x82, length >> 8, length & 0xff]), content]);
}

const sequence = (...items: readonly Buffer[]): Buffer => der(0x30, Buffer.concat(items));
const set = (...items: readonly Buffer[]): Buffer => der(0x31, Buffer.concat(items));
const integer = (value: number): Buffer => der(0x02, Buffer.from([value]));
const identifier = (...bytes: readonly number[]): Buffer => der(0x06, Buffer.from(bytes));
const ecdsaWithSha256 = sequence(identifier(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));

/** `YYMMDDhhmmssZ`. */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\D/g, "").slice(2, 14);
  return der(0x17, Buffer.from(`${digits}Z`));
}

function pem(bytes: Buffer): string {
  // An empty line before the last one would be the end.
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
