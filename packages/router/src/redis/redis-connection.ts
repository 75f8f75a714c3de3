import { Cluster, type ClusterOptions, Redis, type RedisOptions } from "ioredis";
import { type Timers, backgroundTimers } from "../memory/timers.js";
import { afterSilence } from "./after-silence.js";
import { RedisUnavailableError, reasonOf } from "./redis-errors.js";
import { type RedisScript, ScriptCaller } from "./redis-script.js";
import { defaultRedisKeyPrefix, type RedisSettings, type RedisTls } from "./redis-settings.js";

/** How long Redis is waited for. Each value is in milliseconds. */
const redisDeadlines = {
  connectMs: 2000,
  /** Bytes that do not come for so long while an answer is due: the connection is given up, and another one made. */
  silenceMs: 3000,
  /** A connection that is not closed from the other side by then is dropped. */
  goodbyeMs: 100,
  shortestReconnectMs: 50,
  longestReconnectMs: 2000,
} as const;

export interface RedisSurroundings {
  readonly timers?: Timers;
  readonly random?: () => number;
}

/**
 * Connections to the Redis that gateways share: one for commands, one to listen. Nothing queues while there is none, nothing
 * is sent twice, and nothing waits for longer than its own deadline.
 */
export class RedisConnection {
  /** What all keys begin with. The braces keep them together in a cluster, so that one script can work on any of them. */
  readonly keys: string;
  readonly #timers: Timers;
  readonly #commands: Redis | Cluster;
  readonly #listening: Redis | Cluster;
  readonly #scripts = new ScriptCaller();
  readonly #onReady = new Set<() => void>();
  readonly #onMessage = new Map<string, Set<(message: string) => void>>();
  #lastError: string | undefined;
  #isClosed = false;

  constructor(settings: RedisSettings, surroundings: RedisSurroundings = {}) {
    this.#timers = surroundings.timers ?? backgroundTimers;
    this.keys = `{${settings.keyPrefix ?? defaultRedisKeyPrefix}}:`;
    const random = surroundings.random ?? Math.random;
    this.#commands = clientFor(settings, random);
    this.#listening = clientFor(settings, random);
    for (const client of [this.#commands, this.#listening]) {
      // Without a listener, an error would end the process. What is asked meanwhile fails by itself.
      client.on("error", (error) => (this.#lastError = reasonOf(error)));
    }
    const tell = () => this.#onReady.forEach((callback) => callback());
    this.#commands.on("ready", tell);
    // What was said while nobody listened is read afresh, too.
    this.#listening.on("ready", () => {
      const channels = [...this.#onMessage.keys()];
      if (channels.length === 0) return tell();
      this.#listening.subscribe(...channels).then(tell, ignored);
    });
    // A node of a cluster that fails over leaves the client as a whole connected.
    this.#commands.on("node error", tell);
    this.#commands.on("+node", tell);
    this.#listening.on("message", (channel: string, message: string) => {
      this.#onMessage.get(channel)?.forEach((callback) => callback(message));
    });
  }

  /** Begins to connect, and goes on trying until {@link close}. False if nobody has answered in time. */
  async connect(deadlineMs: number): Promise<boolean> {
    const both = [this.#commands, this.#listening].map(async (client) => {
      const ready = new Promise((resolve) => client.once("ready", resolve));
      // Fails with the first try, after which more are made.
      client.connect().catch(ignored);
      await ready;
    });
    await this.#within(deadlineMs, Promise.all(both)).catch(ignored);
    return this.isReady;
  }

  get isReady(): boolean {
    return this.#commands.status === "ready";
  }

  /**
   * Runs a script on these keys. It may have run although no answer came.
   * @throws RedisUnavailableError without an answer until the deadline, and where Redis cannot or may not do it
   */
  run(script: RedisScript, args: readonly string[], deadlineMs: number): Promise<unknown> {
    return this.#asked(deadlineMs, () => this.#scripts.run(this.#commands, script, this.keys, args));
  }

  /** @throws RedisUnavailableError as {@link run} does */
  ask<Answer>(deadlineMs: number, command: (client: Redis | Cluster) => Promise<Answer>): Promise<Answer> {
    return this.#asked(deadlineMs, () => command(this.#commands));
  }

  /** Calls back with every message on a channel, of this process' too. The answer ends it. */
  listen(channel: string, callback: (message: string) => void): () => void {
    const callbacks = this.#onMessage.get(channel) ?? new Set();
    callbacks.add(callback);
    this.#onMessage.set(channel, callbacks);
    if (this.#listening.status === "ready") this.#listening.subscribe(channel).catch(ignored);
    return () => callbacks.delete(callback);
  }

  /**
   * Calls back whenever there is a connection again, or another one, or others are listened to again: what Redis knew may be
   * lost, and what was said was missed. The answer ends it.
   */
  onReady(callback: () => void): () => void {
    this.#onReady.add(callback);
    return () => this.#onReady.delete(callback);
  }

  /** Notices a connection that has died without a word, where nothing else is asked on it. */
  touch(): void {
    this.#listening.ping().catch(ignored);
  }

  close(): void {
    this.#isClosed = true;
    this.#onReady.clear();
    this.#onMessage.clear();
    this.#commands.disconnect();
    this.#listening.disconnect();
  }

  async #asked<Answer>(deadlineMs: number, ask: () => Promise<Answer>): Promise<Answer> {
    if (this.#isClosed) throw new RedisUnavailableError("the connection is closed");
    if (!this.isReady) throw new RedisUnavailableError(this.#lastError ?? "not connected");
    return this.#within(deadlineMs, ask());
  }

  async #within<Answer>(deadlineMs: number, answer: Promise<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const callOff = afterSilence(this.#timers, deadlineMs, () =>
        reject(new RedisUnavailableError(`no answer within ${deadlineMs} ms`)),
      );
      answer
        .then(resolve, (error: unknown) => reject(new RedisUnavailableError(reasonOf(error))))
        .finally(callOff);
    });
  }
}

function clientFor(settings: RedisSettings, random: () => number): Redis | Cluster {
  const { topology, username, password, database, tls } = settings;
  const { connectMs, silenceMs, goodbyeMs, shortestReconnectMs, longestReconnectMs } = redisDeadlines;
  const delayMs = (times: number) => {
    const growing = Math.min(shortestReconnectMs * 2 ** Math.min(times - 1, 16), longestReconnectMs);
    return growing * (0.5 + random());
  };
  const options = {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    autoResendUnfulfilledCommands: false,
    // Channels are subscribed to by whoever listens, who wants to know when that is done.
    autoResubscribe: false,
    connectTimeout: connectMs,
    disconnectTimeout: goodbyeMs,
    socketTimeout: silenceMs,
    retryStrategy: delayMs,
    // A server that was the master: ask again who is.
    reconnectOnError: (error: Error) => error.message.startsWith("READONLY"),
    disableClientInfo: true,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls !== undefined && { tls: tlsOptions(tls) }),
  } satisfies RedisOptions;
  switch (topology.kind) {
    case "single":
      return new Redis({ ...options, host: topology.host, port: topology.port, db: database ?? 0 });
    case "sentinel":
      return new Redis({
        ...options,
        db: database ?? 0,
        sentinels: topology.sentinels.map((address) => ({ ...address })),
        name: topology.name,
        sentinelRetryStrategy: delayMs,
        ...(topology.username !== undefined && { sentinelUsername: topology.username }),
        ...(topology.password !== undefined && { sentinelPassword: topology.password }),
        ...(tls !== undefined && { enableTLSForSentinelMode: true, sentinelTLS: tlsOptions(tls) }),
      });
    case "cluster": {
      const clusterOptions = {
        lazyConnect: true,
        enableOfflineQueue: false,
        scaleReads: "master" as const,
        clusterRetryStrategy: delayMs,
        slotsRefreshTimeout: connectMs,
        redisOptions: options,
      } satisfies ClusterOptions;
      return new Cluster(
        topology.nodes.map((address) => ({ ...address })),
        clusterOptions,
      );
    }
  }
}

function tlsOptions({ ca, cert, key, servername, verify }: RedisTls): object {
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(servername !== undefined && { servername }),
    ...(verify === false && { rejectUnauthorized: false }),
  };
}

const ignored = () => undefined;
