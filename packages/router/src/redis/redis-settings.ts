/** Where one Redis server, or Sentinel, listens. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

/** Which Redis gateways share, and how it is reached. */
export interface RedisSettings {
  readonly topology: RedisTopology;
  readonly username?: string;
  readonly password?: string;
  /** 0 by default, and always where it is a cluster. */
  readonly database?: number;
  /** Present where connections are encrypted. */
  readonly tls?: RedisTls;
  /** Gateways that share limits have the same; all keys begin with it. {@link defaultRedisKeyPrefix} by default. */
  readonly keyPrefix?: string;
}

export type RedisTopology =
  | ({ readonly kind: "single" } & RedisAddress)
  | {
      readonly kind: "sentinel";
      readonly sentinels: readonly RedisAddress[];
      /** What the Sentinels call the group of servers. */
      readonly name: string;
      /** Of the Sentinels themselves. */
      readonly username?: string;
      readonly password?: string;
    }
  | {
      readonly kind: "cluster";
      /** Any of its nodes; the others are learned. */
      readonly nodes: readonly RedisAddress[];
    };

/** Certificates are PEM. Without an authority those that Node knows count. */
export interface RedisTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** The name that the server's certificate must have, where it is not the host's. */
  readonly servername?: string;
  /** False: any certificate is taken. */
  readonly verify?: boolean;
}

export const defaultRedisKeyPrefix = "darkroom";
export const defaultRedisPort = 6379;

/** Where the Redis is, for people. It holds no secret. */
export function redisName({ topology, database, tls }: RedisSettings): string {
  const scheme = tls === undefined ? "redis" : "rediss";
  const list = (addresses: readonly RedisAddress[]) =>
    addresses.map(({ host, port }) => `${host}:${port}`).join(",");
  switch (topology.kind) {
    case "single":
      return `${scheme}://${list([topology])}${database ? `/${database}` : ""}`;
    case "sentinel":
      return `${topology.name} of the Sentinels ${list(topology.sentinels)}`;
    case "cluster":
      return `the cluster of ${list(topology.nodes)}`;
  }
}
