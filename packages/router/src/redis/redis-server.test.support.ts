import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket, connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import type { RedisSettings } from "./redis-settings.js";

const program = process.env["REDIS_SERVER_PROGRAM"] ?? "redis-server";

const started = new Set<ChildProcess>();
process.once("exit", () => started.forEach((child) => child.kill("SIGKILL")));

/** A real server, in a folder of its own, gone after the test. */
export class RedisServer {
  readonly #folder = mkdtempSync(join(tmpdir(), "darkroom-redis-"));
  #child: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly flags: readonly string[],
    private readonly admin: () => Redis,
    private readonly mode: readonly string[] = [],
  ) {}

  /** @param flags as on the command line: `--appendonly yes` */
  static async start(...flags: readonly string[]): Promise<RedisServer> {
    const port = await freePort();
    const server = new RedisServer(port, ["--port", `${port}`, ...flags], () => adminOf({ port }));
    return server.start();
  }

  /** One that asks for a password. */
  static async startLocked(password: string): Promise<RedisServer> {
    const port = await freePort();
    const flags = ["--port", `${port}`, "--requirepass", password];
    return new RedisServer(port, flags, () => adminOf({ port, password })).start();
  }

  /** One whose only way in is TLS. */
  static async startTls(ca: string, ...flags: readonly string[]): Promise<RedisServer> {
    const port = await freePort();
    const admin = () => adminOf({ port, tls: { ca, servername: "localhost" } });
    return new RedisServer(port, ["--port", "0", "--tls-port", `${port}`, ...flags], admin).start();
  }

  /** @param config a file; Sentinel writes to it */
  static async startSentinel(config: string): Promise<RedisServer> {
    const port = await freePort();
    return new RedisServer(port, [config, "--port", `${port}`], () => adminOf({ port }), [
      "--sentinel",
    ]).start();
  }

  /** Its data is in it. */
  get folder(): string {
    return this.#folder;
  }

  get settings(): RedisSettings {
    return { topology: { kind: "single", host: "127.0.0.1", port: this.port } };
  }

  /** Starts it (again), with the data that is in its folder. */
  async start(): Promise<this> {
    const config = this.flags.filter((_, index) => index === 0 && this.mode.length > 0);
    const flags = this.flags.slice(config.length);
    const common = this.mode.length > 0 ? [] : ["--save", "", "--repl-diskless-sync-delay", "0"];
    const args = [...config, ...this.mode, "--bind", "127.0.0.1", "--dir", this.#folder, ...common, ...flags];
    const child = spawn(program, args, { stdio: "ignore" });
    this.#child = child;
    started.add(child);
    const ended = once(child, "exit").then(() => {
      started.delete(child);
      throw new Error(`${program} has ended on port ${this.port}`);
    });
    await this.ask((redis) => Promise.race([redis.ping(), ended]));
    return this;
  }

  /** Asks as soon as it answers. */
  async ask<Answer>(question: (redis: Redis) => Promise<Answer>): Promise<Answer> {
    const redis = this.admin();
    redis.on("error", () => undefined);
    try {
      return await question(redis);
    } finally {
      redis.disconnect();
    }
  }

  /** It takes connections and answers nothing. */
  freeze(): void {
    this.#child?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#child?.kill("SIGCONT");
  }

  /** `kill -9`. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Three masters that know each other. */
export async function startCluster(): Promise<RedisServer[]> {
  const servers = await Promise.all(
    [1, 2, 3].map(() => RedisServer.start("--cluster-enabled", "yes", "--cluster-node-timeout", "2000")),
  );
  const nodes = servers.map(({ port }) => `127.0.0.1:${port}`);
  const [cli, ...first] = commandLine();
  execFileSync(cli!, [...first, "--cluster", "create", ...nodes, "--cluster-yes"], { stdio: "ignore" });
  await eventually(async () => {
    const states = servers.map((server) => server.ask((redis) => redis.cluster("INFO")));
    return (await Promise.all(states)).every((state) => state.includes("cluster_state:ok"));
  });
  return servers;
}

/** redis-cli is beside the server, or the path's. */
function commandLine(): string[] {
  const beside = program.replace(/redis-server$/, "redis-cli");
  return [program.includes("/") && existsSync(beside) ? beside : "redis-cli"];
}

function adminOf(options: { port: number; password?: string; tls?: object }): Redis {
  return new Redis({
    host: "127.0.0.1",
    ...options,
    maxRetriesPerRequest: null,
    retryStrategy: () => 20,
  });
}

/** Waits for a condition. */
export async function eventually(holds: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`not within ${withinMs} ms: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/**
 * A port that nobody listens on. It is below those that systems give to connections: one of these could be somebody's by the
 * time a server starts on it, or while the server is down between two starts.
 */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 10_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

/** A network between a gateway and its Redis, which may be slow or cut. */
export class RedisNetwork {
  readonly #sockets = new Set<Socket>();
  #delayMs = 0;
  #isCut = false;

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async before(target: { readonly port: number }): Promise<RedisNetwork> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const network = new RedisNetwork(server, (server.address() as AddressInfo).port);
    server.on("connection", (near) => network.#join(near, connect(target.port, "127.0.0.1")));
    return network;
  }

  get settings(): RedisSettings {
    return { topology: { kind: "single", host: "127.0.0.1", port: this.port } };
  }

  /** Answers are late by so much. */
  delay(milliseconds: number): void {
    this.#delayMs = milliseconds;
  }

  /** Ends all connections, and takes no more until {@link mend}. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  close(): void {
    this.cut();
    this.server.close();
  }

  #join(near: Socket, far: Socket): void {
    if (this.#isCut) {
      near.destroy();
      far.destroy();
      return;
    }
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    near.on("data", (data) => far.write(data));
    far.on("data", (data) => {
      if (this.#delayMs === 0) near.write(data);
      else setTimeout(() => near.write(data), this.#delayMs);
    });
  }
}
