import { readFileSync } from "node:fs";
import {
  defaultRedisKeyPrefix,
  defaultRedisPort,
  type OnRedisFailure,
  type RedisSettings,
  type RedisTls,
  type RedisTopology,
  settingsFromRedisUrl,
} from "@darkroom/router";
import { Findings, type KeyPath } from "../config-error.js";
import type { Environment } from "../file/environment.js";
import { type Located, positionOf } from "../file/located.js";
import type { FileSettings } from "./schema.js";

/** The Redis that gateways share. */
export interface RedisConfig {
  readonly settings: RedisSettings;
  /** What holds for limits while it does not answer (`redis_on_failure`). */
  readonly onFailure: OnRedisFailure;
}

/** What any of the places may say of it, by LiteLLM's names in `cache_params`. */
interface Written {
  readonly path: KeyPath;
  readonly url?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly db?: number | undefined;
  readonly ssl?: boolean | undefined;
  readonly ssl_ca_certs?: string | undefined;
  readonly ssl_certfile?: string | undefined;
  readonly ssl_keyfile?: string | undefined;
  readonly prefix?: string | undefined;
  readonly redis_startup_nodes?: readonly Node[] | undefined;
  readonly sentinel_nodes?: readonly Node[] | undefined;
  readonly service_name?: string | undefined;
  readonly sentinel_username?: string | undefined;
  readonly sentinel_password?: string | undefined;
}

interface Node {
  readonly host: string;
  readonly port?: number | undefined;
}

/** Tells of a setting that cannot be used; a problem in the environment has no place in the file. */
type Report = (name: string, message: string) => void;

const defaultOnFailure: OnRedisFailure = "local-share";

/**
 * Which Redis is shared, by the first of the places that names one: `router_settings.redis_*`,
 * `litellm_settings.cache_params`, the environment. One is enough for all that gateways share (BerriAI/litellm#13202). What a
 * place does not say of user, password and TLS is taken from the environment, as in LiteLLM.
 */
export function redisOf(
  settings: FileSettings,
  root: Located,
  environment: Environment,
  findings: Findings,
): RedisConfig | undefined {
  const { router_settings: router, litellm_settings: litellm } = settings;
  const onFailure = router.redis_on_failure ?? litellm.redis_on_failure ?? defaultOnFailure;
  const written =
    fromSection(settings, "router_settings") ??
    fromSection(settings, "litellm_settings") ??
    fromCacheParams(settings, findings);
  if (written === undefined) return redisFromEnvironment(environment, findings, onFailure);
  const report: Report = (name, message) => {
    const path = [...written.path, name];
    findings.problem(positionOf(root, path), path, message);
  };
  const shared = settingsOf(withEnvironment(written, environment), report);
  return shared && { settings: shared, onFailure };
}

/** Without a file, or where it names none: `REDIS_URL`, or LiteLLM's `REDIS_HOST`, `REDIS_PORT` and so on. */
export function redisFromEnvironment(
  environment: Environment,
  findings: Findings,
  onFailure: OnRedisFailure = defaultOnFailure,
): RedisConfig | undefined {
  const { REDIS_URL: url, REDIS_HOST: host } = environment;
  if (!url && !host) return undefined;
  const report: Report = (name, message) =>
    findings.problem({ file: "environment" }, [url ? "REDIS_URL" : `REDIS_${name.toUpperCase()}`], message);
  const written = url ? { path: [], url } : withEnvironment({ path: [], host }, environment);
  const settings = settingsOf(written, report);
  return settings && { settings, onFailure };
}

function fromSection(
  settings: FileSettings,
  name: "router_settings" | "litellm_settings",
): Written | undefined {
  const section = settings[name];
  const { redis_url: url, redis_host: host } = section;
  if (url === undefined && host === undefined) return undefined;
  return {
    path: [name],
    url,
    host,
    port: section.redis_port,
    username: section.redis_username,
    password: section.redis_password,
    db: section.redis_db,
    ssl: section.redis_ssl,
    ssl_ca_certs: section.redis_ssl_ca_certs,
    ssl_certfile: section.redis_ssl_certfile,
    ssl_keyfile: section.redis_ssl_keyfile,
    prefix: section.redis_key_prefix,
  };
}

function fromCacheParams(
  { litellm_settings: litellm }: FileSettings,
  findings: Findings,
): Written | undefined {
  const params = litellm.cache_params;
  if (params === undefined) return undefined;
  const { type = "redis", namespace, url, host, redis_startup_nodes, sentinel_nodes } = params;
  if (!type.startsWith("redis")) {
    findings.warn(`litellm_settings.cache_params: without effect, since the type ${type} shares no limits`);
    return undefined;
  }
  if ([url, host, redis_startup_nodes, sentinel_nodes].every((it) => it === undefined)) return undefined;
  return {
    ...params,
    path: ["litellm_settings", "cache_params"],
    ...(namespace !== undefined && { prefix: `${defaultRedisKeyPrefix}:${namespace}` }),
  };
}

function withEnvironment(written: Written, environment: Environment): Written {
  if (written.url !== undefined) return written;
  const { REDIS_PORT, REDIS_USERNAME, REDIS_PASSWORD, REDIS_SSL } = environment;
  return {
    ...written,
    port: written.port ?? (REDIS_PORT ? Number(REDIS_PORT) : undefined),
    username: written.username ?? (REDIS_USERNAME || undefined),
    password: written.password ?? (REDIS_PASSWORD || undefined),
    ssl: written.ssl ?? /^(true|1|yes|on)$/i.test(REDIS_SSL ?? ""),
  };
}

function settingsOf(written: Written, report: Report): RedisSettings | undefined {
  const base = written.url === undefined ? undefined : fromUrl(written.url, written.path, report);
  const topology = base?.topology ?? topologyOf(written, report);
  if (topology === undefined) return undefined;
  const { username, password, db, prefix } = written;
  const tls = written.ssl === true || base?.tls !== undefined ? tlsOf(written, report) : undefined;
  return {
    ...base,
    topology,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(db !== undefined && { database: db }),
    ...(tls !== undefined && { tls }),
    ...(prefix !== undefined && { keyPrefix: prefix }),
  };
}

function fromUrl(url: string, path: KeyPath, report: Report): RedisSettings | undefined {
  try {
    return settingsFromRedisUrl(url);
  } catch (error) {
    report(path.includes("cache_params") ? "url" : "redis_url", (error as Error).message);
    return undefined;
  }
}

function topologyOf(written: Written, report: Report): RedisTopology | undefined {
  const { host, port, redis_startup_nodes: nodes, sentinel_nodes: sentinels, service_name: name } = written;
  if (written.url !== undefined) return undefined;
  if (nodes !== undefined) return { kind: "cluster", nodes: nodes.map((node) => address(node, port)) };
  if (sentinels !== undefined) {
    if (name === undefined) {
      report("service_name", "expected the name by which the Sentinels know the servers");
      return undefined;
    }
    const { sentinel_username: username, sentinel_password: password } = written;
    return {
      kind: "sentinel",
      sentinels: sentinels.map((sentinel) => address(sentinel, defaultSentinelPort)),
      name,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
    };
  }
  if (host === undefined) return undefined;
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536)) {
    report(
      written.path.includes("cache_params") || written.path.length === 0 ? "port" : "redis_port",
      "expected a port",
    );
    return undefined;
  }
  return { kind: "single", ...address({ host, port }, defaultRedisPort) };
}

const defaultSentinelPort = 26_379;

const address = ({ host, port }: Node, otherwise = defaultRedisPort) => ({ host, port: port ?? otherwise });

function tlsOf(written: Written, report: Report): RedisTls {
  const isOfRouter = written.path.length === 1;
  const read = (name: "ssl_ca_certs" | "ssl_certfile" | "ssl_keyfile"): string | undefined => {
    const file = written[name];
    if (file === undefined) return undefined;
    try {
      return readFileSync(file, "utf8");
    } catch {
      report(isOfRouter ? `redis_${name}` : name, `expected a file that can be read`);
      return undefined;
    }
  };
  const [ca, cert, key] = [read("ssl_ca_certs"), read("ssl_certfile"), read("ssl_keyfile")];
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
}
