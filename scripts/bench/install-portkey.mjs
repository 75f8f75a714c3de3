/** Portkey's gateway is nobody's dependency: it is installed outside the project, once, by npm. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { npmCommandLine } from "../setup.mjs";

const version = "1.15.2";
/** With the version that npm would take for it today every image edit ends as a 500, after the upstream was called. */
const nodeServerVersion = "1.14.0";
const limitMs = 300_000;

export const portkeyVersion = `${version} with @hono/node-server ${nodeServerVersion}`;

const cache = join(tmpdir(), `darkroom-bench-${userInfo().username}`);
const folder = join(cache, `portkey-${version}-${nodeServerVersion}`);

/** The program, if it has been installed. */
export function installedPortkey() {
  const program = join(folder, "node_modules", "@portkey-ai", "gateway", "build", "start-server.js");
  return existsSync(program) && isOurs(cache) ? program : undefined;
}

/** @throws Error with npm's own words */
export async function installPortkey() {
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  if (!isOurs(cache)) throw new Error(`${cache} belongs to another user`);
  const begun = mkdtempSync(join(cache, "begun-"));
  try {
    const manifest = {
      private: true,
      dependencies: { "@portkey-ai/gateway": version },
      overrides: { "@hono/node-server": nodeServerVersion },
    };
    writeFileSync(join(begun, "package.json"), JSON.stringify(manifest));
    const args = ["install", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"];
    await promisify(execFile)(process.execPath, [npmCommandLine(), ...args], {
      cwd: begun,
      timeout: limitMs,
    });
    renameSync(begun, folder);
  } catch (error) {
    const reason = /npm error (?!code)(.*)/.exec(error.stderr ?? "")?.[1] ?? error.message;
    throw new Error(`npm could not install it: ${reason}`, { cause: error });
  } finally {
    rmSync(begun, { recursive: true, force: true });
  }
}

/** Where all users share the folder of temporary files, one of them could have put programs there for others to run. */
function isOurs(path) {
  return process.getuid === undefined || statSync(path).uid === process.getuid();
}
