import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "./until.js";

const redisProgram = process.env["REDIS_SERVER_PROGRAM"] ?? "redis-server";
const postgresPrograms = process.env["POSTGRES_PROGRAMS"] ?? "/usr/lib/postgresql/15/bin";

/** `describe` for what needs both servers. `npm test` sees to them; where it cannot, it says so, and these are skipped. */
export const describeWithStores =
  redisProgram === "none" || postgresPrograms === "none" ? describe.skip : describe;

const started = new Set<ChildProcess>();
process.once("exit", () => started.forEach((child) => child.kill("SIGKILL")));

/** A server that gateways share, in a folder of its own, with a port that stays the same. */
export class StoreServer {
  #child: ChildProcess | undefined;

  private constructor(
    readonly url: string,
    private readonly port: number,
    private readonly folder: string,
    private readonly spawnServer: () => ChildProcess,
    private readonly killSignal: NodeJS.Signals,
  ) {}

  static async redis(...flags: readonly string[]): Promise<StoreServer> {
    const port = await freePort();
    const folder = mkdtempSync(join(tmpdir(), "darkroom-redis-"));
    const all = ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder, "--save", "", ...flags];
    const spawnServer = () => spawn(redisProgram, all, { stdio: "ignore" });
    return new StoreServer(`redis://127.0.0.1:${port}`, port, folder, spawnServer, "SIGKILL").start();
  }

  static async postgres(): Promise<StoreServer> {
    const port = await freePort();
    const folder = mkdtempSync(join(tmpdir(), "darkroom-postgres-"));
    const user = ownUser();
    if (user !== undefined) chownSync(folder, user.uid, user.gid);
    chmodSync(folder, 0o755);
    const data = join(folder, "data");
    const options = { stdio: "ignore", cwd: folder, ...user } as const;
    execFileSync(
      join(postgresPrograms, "initdb"),
      ["-D", data, "-U", "darkroom", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale", "C.UTF-8"],
      options,
    );
    const flags = ["-D", data, "-k", folder, "-p", `${port}`, "-h", "127.0.0.1", "-c", "fsync=off"];
    const spawnServer = () => spawn(join(postgresPrograms, "postgres"), flags, options);
    const url = `postgresql://darkroom@127.0.0.1:${port}/postgres`;
    // Its children end with it then.
    return new StoreServer(url, port, folder, spawnServer, "SIGQUIT").start();
  }

  /** Starts it (again), with the data that is in its folder. */
  async start(): Promise<this> {
    const child = this.spawnServer();
    this.#child = child;
    started.add(child);
    child.once("exit", () => started.delete(child));
    await until(() => {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`${child.spawnfile} has ended on port ${this.port}`);
      return answers(this.port);
    });
    return this;
  }

  /** At once, as after a loss of power. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill(this.killSignal);
    await gone;
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** PostgreSQL refuses to run as root: of two users that every system may have, the first that is there. */
function ownUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ["postgres", "nobody"]) {
    try {
      const id = (flag: string): number => Number(execFileSync("id", [flag, name], { encoding: "utf8" }));
      return { uid: id("-u"), gid: id("-g") };
    } catch {
      // The next one.
    }
  }
  throw new Error("there is no user that PostgreSQL could run as");
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
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
