import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { type PostgresSettings, settingsFromPostgresUrl } from "./postgres-settings.js";

const programs = process.env["POSTGRES_PROGRAMS"] ?? "/usr/lib/postgresql/15/bin";

const started = new Set<ChildProcess>();
process.once("exit", () => started.forEach((child) => child.kill("SIGKILL")));

/** It refuses to run as root: of two users that every system may have, the first that is there. */
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

/** A real server, in a folder of its own, gone after the test. */
export class PostgresServer {
  readonly #folder: string;
  readonly #user = ownUser();
  #child: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly flags: readonly string[],
  ) {
    this.#folder = mkdtempSync(join(tmpdir(), "darkroom-postgres-"));
    if (this.#user !== undefined) chownSync(this.#folder, this.#user.uid, this.#user.gid);
    chmodSync(this.#folder, 0o755);
  }

  /** @param flags as on the command line: `-c ssl=on` */
  static async start(...flags: readonly string[]): Promise<PostgresServer> {
    const server = new PostgresServer(await freePort(), flags);
    const data = join(server.#folder, "data");
    execFileSync(
      join(programs, "initdb"),
      ["-D", data, "-U", "darkroom", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale", "C.UTF-8"],
      { stdio: "ignore", cwd: server.#folder, ...server.#user },
    );
    return server.start();
  }

  /** Its sockets and its data are in it. */
  get folder(): string {
    return this.#folder;
  }

  get url(): string {
    return `postgresql://darkroom@127.0.0.1:${this.port}/postgres`;
  }

  /** @param schema one for each test keeps them apart */
  settings(schema = "darkroom"): PostgresSettings {
    return settingsFromPostgresUrl(this.url, schema);
  }

  /** Starts it (again), with the data that is in its folder; resolves as soon as it answers. */
  async start(): Promise<this> {
    const child = spawn(
      join(programs, "postgres"),
      [
        ...["-D", join(this.#folder, "data"), "-k", this.#folder, "-p", `${this.port}`, "-h", "127.0.0.1"],
        ...["-c", "fsync=off", "-c", "max_connections=200", "-c", "autovacuum=off", ...this.flags],
      ],
      { stdio: "ignore", cwd: this.#folder, ...this.#user },
    );
    this.#child = child;
    started.add(child);
    child.once("exit", () => started.delete(child));
    for (;;) {
      try {
        await this.query("SELECT 1");
        return this;
      } catch (error) {
        if (child.exitCode !== null || child.signalCode !== null) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  async query<Row = Record<string, unknown>>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    const client = new Client({ connectionString: this.url });
    client.on("error", () => undefined);
    await client.connect();
    try {
      const { rows } = await client.query(text, [...values]);
      return rows as Row[];
    } finally {
      await client.end();
    }
  }

  /** At once, as after a loss of power: connections break, and what was committed is there after the next start. */
  async kill(): Promise<void> {
    await this.#end("SIGQUIT");
  }

  async stop(): Promise<void> {
    await this.#end("SIGQUIT");
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await gone;
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
