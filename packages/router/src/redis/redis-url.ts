import { defaultRedisPort, type RedisSettings } from "./redis-settings.js";

/**
 * `redis://user:password@host:port/database`, or `rediss://` for TLS.
 * @throws TypeError where it is none; the message does not repeat it, since it may hold a password
 */
export function settingsFromRedisUrl(text: string): RedisSettings {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isRedis = url?.protocol === "redis:" || url?.protocol === "rediss:";
  if (!isRedis || url.hostname === "") throw new TypeError("expected an address such as redis://host:6379/0");
  const database = url.pathname.slice(1);
  if (!/^\d*$/.test(database)) throw new TypeError("expected the number of a database after the host");
  const username = decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password);
  return {
    topology: {
      kind: "single",
      // An IPv6 address stands in brackets here, and not where it is connected to.
      host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
      port: url.port === "" ? defaultRedisPort : Number(url.port),
    },
    ...(username !== "" && { username }),
    ...(password !== "" && { password }),
    ...(database !== "" && { database: Number(database) }),
    ...(url.protocol === "rediss:" && { tls: {} }),
  };
}
