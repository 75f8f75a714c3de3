import { z } from "zod";
import { onOrOff, optional, text, wholeNumberFrom } from "./expected.js";

/** Darkroom's own: what holds for limits while Redis does not answer. */
export const onRedisFailure = z.enum(["local-share", "deny", "open"], {
  error: "expected local-share, deny or open",
});

/** Braces would take part in what keeps all keys together in a cluster. */
export const keyPrefix = text.refine((value) => !/[{}\s]/.test(value), {
  error: "expected a string without braces and spaces",
});

/** LiteLLM takes a node of a cluster as a map, and a Sentinel as a list of host and port. */
const node = z.union(
  [
    z.object({ host: text, port: optional(wholeNumberFrom(1)) }),
    z.tuple([text, wholeNumberFrom(1)]).transform(([host, port]) => ({ host, port })),
  ],
  { error: "expected a map with host and port" },
);

const nodes = z.array(node, { error: "expected a list of nodes, each with host and port" });

/** `litellm_settings.cache_params`, as far as it says where Redis is. */
export const cacheParams = z.object(
  {
    type: optional(text),
    url: optional(text),
    host: optional(text),
    port: optional(wholeNumberFrom(1)),
    username: optional(text),
    password: optional(z.union([text, z.number().transform(String)], { error: "expected a string" })),
    db: optional(wholeNumberFrom(0)),
    ssl: optional(onOrOff),
    ssl_ca_certs: optional(text),
    ssl_certfile: optional(text),
    ssl_keyfile: optional(text),
    namespace: optional(keyPrefix),
    redis_startup_nodes: optional(nodes),
    sentinel_nodes: optional(nodes),
    service_name: optional(text),
    sentinel_username: optional(text),
    sentinel_password: optional(
      z.union([text, z.number().transform(String)], { error: "expected a string" }),
    ),
  },
  { error: "expected a map of settings" },
);
