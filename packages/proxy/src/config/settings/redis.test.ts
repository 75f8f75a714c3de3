import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { configFromEnvironment } from "../config-from-environment.js";
import { oneModel, TestFolder } from "../config-folder.test.support.js";

let folder: TestFolder;
beforeEach(() => {
  folder = new TestFolder();
});
afterEach(() => folder.remove());

const key = { OPENAI_API_KEY: "sk-of-the-environment" };
const single = (host: string, port = 6379) => ({ kind: "single", host, port });
const redisOf = (yaml: string, environment: Record<string, string> = {}) =>
  folder.load(`${oneModel}${yaml}`, { environment: { ...key, ...environment } }).redis;

it("is shared by none, if none is named", () => {
  expect(redisOf("")).toBeUndefined();
  expect(redisOf("litellm_settings: {cache_params: {type: redis, ttl: 60}}")).toBeUndefined();
});

it.each<[string, object]>([
  [
    "router_settings: {redis_host: r, redis_port: 7, redis_password: p}",
    { topology: single("r", 7), password: "p" },
  ],
  [
    "router_settings: {redis_host: r, redis_port: '7', redis_db: 2}",
    { topology: single("r", 7), database: 2 },
  ],
  [
    "router_settings: {redis_url: 'rediss://u:p@r:7/2'}",
    { topology: single("r", 7), username: "u", password: "p", database: 2, tls: {} },
  ],
  [
    "router_settings: {redis_host: r, redis_ssl: true, redis_username: u}",
    { topology: single("r"), username: "u", tls: {} },
  ],
  ["router_settings: {redis_host: r, redis_key_prefix: mine}", { topology: single("r"), keyPrefix: "mine" }],
  ["litellm_settings: {redis_host: r}", { topology: single("r") }],
  [
    "litellm_settings: {cache: true, cache_params: {type: redis, host: r, port: 7, password: 4711, namespace: n, ttl: 5}}",
    { topology: single("r", 7), password: "4711", keyPrefix: "darkroom:n" },
  ],
  [
    "litellm_settings: {cache_params: {type: redis, url: 'redis://r', ssl: true}}",
    { topology: single("r"), tls: {} },
  ],
  [
    "litellm_settings: {cache_params: {type: redis, redis_startup_nodes: [{host: a, port: 1}, {host: b, port: '2'}]}}",
    {
      topology: {
        kind: "cluster",
        nodes: [
          { host: "a", port: 1 },
          { host: "b", port: 2 },
        ],
      },
    },
  ],
  [
    "litellm_settings: {cache_params: {type: redis, service_name: m, sentinel_nodes: [[s, 1]], sentinel_password: p}}",
    { topology: { kind: "sentinel", sentinels: [{ host: "s", port: 1 }], name: "m", password: "p" } },
  ],
  [
    "router_settings: {redis_host: first}\nlitellm_settings: {cache_params: {type: redis, host: second}}",
    { topology: single("first") },
  ],
])("%s", (yaml, settings) => {
  expect(redisOf(yaml)).toEqual({ settings, onFailure: "local-share" });
});

it("is named by the environment, and what a place does not say is taken from there", () => {
  const url = { REDIS_URL: "redis://:p@r/1" };
  const settings = { topology: single("r"), password: "p", database: 1 };
  expect(redisOf("", url)).toEqual({ settings, onFailure: "local-share" });
  expect(configFromEnvironment({ ...key, ...url })?.redis).toEqual({ settings, onFailure: "local-share" });
  const names = { REDIS_HOST: "e", REDIS_PORT: "7", REDIS_PASSWORD: "p", REDIS_SSL: "True" };
  expect(redisOf("", names)?.settings).toEqual({ topology: single("e", 7), password: "p", tls: {} });
  const file = "router_settings: {redis_host: r, redis_on_failure: deny}";
  const mixed = { topology: single("r", 7), password: "p", tls: {} };
  expect(redisOf(file, names)).toEqual({ settings: mixed, onFailure: "deny" });
});

it("has certificates from files", () => {
  const ca = join(folder.path, "ca.pem");
  writeFileSync(ca, "a certificate");
  const yaml = `router_settings: {redis_host: r, redis_ssl: true, redis_ssl_ca_certs: ${ca}}`;
  expect(redisOf(yaml)?.settings.tls).toEqual({ ca: "a certificate" });
});

it.each([
  [
    "router_settings: {redis_url: 'http://:hunter2@r'}",
    "redis_url: expected an address such as redis://host",
  ],
  ["router_settings: {redis_host: r, redis_port: 70000}", "redis_port: expected a port"],
  ["router_settings: {redis_host: r, redis_on_failure: closed}", "expected local-share, deny or open"],
  ["router_settings: {redis_host: r, redis_key_prefix: '{a}'}", "without braces"],
  ["router_settings: {redis_host: os.environ/UNSET}", "the environment variable UNSET is not set"],
  [
    "router_settings: {redis_host: r, redis_ssl: true, redis_ssl_ca_certs: /no/such}",
    "expected a file that can be read",
  ],
  [
    "litellm_settings: {cache_params: {type: redis, sentinel_nodes: [[s, 1]]}}",
    "service_name: expected the name",
  ],
  ["router_settings: {redis_hots: r}", 'did you mean "redis_host"?'],
])("%s is refused", (yaml, message) => {
  expect(folder.errorOf(`${oneModel}${yaml}`)).toContain(message);
  expect(folder.errorOf(`${oneModel}${yaml}`)).not.toContain("hunter2");
});

it("an address in the environment that is none is refused without being shown", () => {
  expect(() => configFromEnvironment({ ...key, REDIS_URL: "r:hunter2" })).toThrow(
    /REDIS_URL: expected an address(?!.*hunter2)/,
  );
});

it("says that another kind of cache shares nothing", () => {
  expect(folder.warningsOf(`${oneModel}litellm_settings: {cache_params: {type: s3}}`)).toContain(
    "litellm_settings.cache_params: without effect, since the type s3 shares no limits",
  );
});
