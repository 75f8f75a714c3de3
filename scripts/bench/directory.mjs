/**
 * `node --expose-gc scripts/bench/directory.mjs`: what does a directory of keys and teams cost? It is made in the system's
 * temporary folder, with `--keys` and `--teams`; then it is opened, and keys are shown that were not here before, that were,
 * and that are wrong.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { setUp } from "../setup.mjs";
import { fillDirectory } from "./filled-directory.mjs";

const { values } = parseArgs({
  options: { keys: { type: "string", default: "100000" }, teams: { type: "string", default: "1000" } },
});

setUp();
const { Authenticator, Directory, MasterKey } = await import("../../packages/accounts/dist/index.js");

const keys = Number(values.keys);
const teams = Number(values.teams);
const folder = mkdtempSync(join(tmpdir(), "darkroom-directory-"));
try {
  const secrets = await timed(`making ${teams} teams and ${keys} keys`, () =>
    fillDirectory(folder, { keys, teams }),
  );
  console.log(`directory.db: ${Math.round(statSync(join(folder, "directory.db")).size / 1024 / 1024)} MiB`);
  const heapBefore = usedHeap();
  const directory = Directory.open({ folder });
  const authenticator = await timed("opening, with the beginnings of all hashes", () =>
    Authenticator.open({ directory, masterKey: new MasterKey("sk-master") }),
  );
  console.log(`memory of it: ${((usedHeap() - heapBefore) / 1024 / 1024).toFixed(1)} MiB`);
  const some = secrets.filter((_, index) => index % Math.ceil(keys / 10_000) === 0);
  await each("a key that was not here before", some, (secret) => authenticator.authenticate(secret));
  await each("a key that was", some, (secret) => authenticator.authenticate(secret));
  const wrong = some.map((_, index) => `sk-wrong-${index}`);
  await each("a wrong key", wrong, (secret) => {
    try {
      return authenticator.authenticate(secret);
    } catch {
      return undefined;
    }
  });
  authenticator.close();
  await directory.close();
} finally {
  rmSync(folder, { recursive: true });
}

async function timed(what, act) {
  const startedAtMs = performance.now();
  const result = await act();
  console.log(`${what}: ${Math.round(performance.now() - startedAtMs)} ms`);
  return result;
}

async function each(what, secrets, act) {
  const startedAtMs = performance.now();
  for (const secret of secrets) {
    const result = act(secret);
    if (result instanceof Promise) await result;
  }
  const microseconds = ((performance.now() - startedAtMs) * 1_000) / secrets.length;
  console.log(`${what}: ${microseconds.toFixed(1)} µs`);
}

function usedHeap() {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
