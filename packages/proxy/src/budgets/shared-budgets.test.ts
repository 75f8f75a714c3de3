import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { scopes } from "./scopes.test.support.js";

const program = fileURLToPath(new URL("../../dist/budgets/budget-process.test.support.js", import.meta.url));
const redisProgram = process.env["REDIS_SERVER_PROGRAM"] ?? "redis-server";
const describeWithRedis = redisProgram === "none" ? describe.skip : describe;

describeWithRedis("three processes that share budgets in Redis", () => {
  const folder = mkdtempSync(join(tmpdir(), "darkroom-budgets-redis-"));
  let redis: ChildProcess;
  let port: number;

  beforeAll(async () => {
    // Ports are taken by whoever comes first: another one is tried until Redis has one.
    for (;;) {
      port = 20_000 + Math.floor(Math.random() * 10_000);
      const flags = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", ""];
      redis = spawn(redisProgram, flags, { stdio: ["ignore", "pipe", "ignore"] });
      const isReady = await new Promise<boolean>((resolve, reject) => {
        redis.once("error", reject);
        redis.once("exit", () => resolve(false));
        redis.stdout?.on("data", (text: Buffer) => {
          if (text.includes("Ready to accept connections")) resolve(true);
        });
      });
      if (isReady) return;
    }
  });
  afterAll(() => {
    redis.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(scopes)(
    "of 200 edits at once the budget of a %s for 57 lets exactly 57 through",
    async (scope) => {
      const results = await Promise.all(
        ["one", "two", "three"].map((name) =>
          promisify(execFile)(process.execPath, [program, String(port), name, scope, "57", "67"]),
        ),
      );
      const admitted = results.map(({ stdout }) => Number(stdout));
      expect(admitted.reduce((sum, count) => sum + count)).toBe(57);
    },
  );
});
