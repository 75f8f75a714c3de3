import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";

/** How clients reach the gateway. */
export interface PublicBaseSettings {
  /** `https://images.example.com`; without it, whatever the client called the gateway. */
  readonly publicUrl?: string;
  /** Whether `x-forwarded-host` and `x-forwarded-proto` are believed. */
  readonly trustForwardedHost: boolean;
}

const hostForm = /^([\w.-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?$/;

/** What a URL of the gateway begins with, for the client that sent this request. Without a slash at its end. */
export function publicBase(
  request: IncomingMessage,
  { publicUrl, trustForwardedHost }: PublicBaseSettings,
): string {
  if (publicUrl !== undefined) return publicUrl.replace(/\/+$/, "");
  const { headers, socket } = request;
  const forwarded = (name: string): string | undefined =>
    // Each proxy adds its own behind those before it: the first one is what the client called.
    trustForwardedHost ? headers[name]?.toString().split(",")[0]?.trim() : undefined;
  const proto = forwarded("x-forwarded-proto");
  const host = forwarded("x-forwarded-host") ?? headers.host ?? "";
  const own = socket instanceof TLSSocket ? "https" : "http";
  const protocol = proto === "https" || proto === "http" ? proto : own;
  return `${protocol}://${hostForm.test(host) ? host : `localhost:${String(socket.localPort)}`}`;
}
