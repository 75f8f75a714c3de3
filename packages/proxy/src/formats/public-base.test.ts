import type { IncomingMessage } from "node:http";
import { publicBase } from "./public-base.js";

const base = (headers: object, settings: Partial<Parameters<typeof publicBase>[1]> = {}): string =>
  publicBase({ headers, socket: { localPort: 4000 } } as unknown as IncomingMessage, {
    trustForwardedHost: false,
    ...settings,
  });

const forwarded = {
  host: "gateway:4000",
  "x-forwarded-host": "images.example.com, inner.example.com",
  "x-forwarded-proto": "https",
};

test.each([
  ["what the client called it", { host: "localhost:4000" }, {}, "http://localhost:4000"],
  ["an address of IPv6", { host: "[::1]:4000" }, {}, "http://[::1]:4000"],
  ["no host at all", {}, {}, "http://localhost:4000"],
  ["a host that is none", { host: 'evil.example/"><script>' }, {}, "http://localhost:4000"],
  ["forwarded headers that nobody believes", forwarded, {}, "http://gateway:4000"],
  ["forwarded headers", forwarded, { trustForwardedHost: true }, "https://images.example.com"],
  [
    "a protocol that is none",
    { ...forwarded, "x-forwarded-proto": "javascript" },
    { trustForwardedHost: true },
    "http://images.example.com",
  ],
  [
    "a setting, above all",
    forwarded,
    { trustForwardedHost: true, publicUrl: "https://example.com/darkroom/" },
    "https://example.com/darkroom",
  ],
])("%s", (_what, headers, settings, expected) => {
  expect(base(headers, settings)).toBe(expected);
});
