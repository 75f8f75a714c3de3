/**
 * Everything between a fresh clone and a built project: the pinned pnpm (fetched through npm), the dependencies of the
 * lockfile, the compiled packages. When nothing has changed it costs a fraction of a second.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stampFile = join(root, "node_modules", ".darkroom-setup");
const oldestNode = [20, 19];

/** Installs what the lockfile names and compiles every package; ends the process with a clear message if it cannot. */
export function setUp() {
  checkNode();
  if (!isInstalled()) install();
  build();
}

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return;
  fail("Darkroom needs Node " + oldestNode.join(".") + " or newer; this is " + process.versions.node + ".", [
    "Install the current LTS, then run the same command again.",
  ]);
}

/** What an installation depends on; anything else may change without a new one. */
function fingerprint() {
  const packages = readdirSync(join(root, "packages")).map((name) => join("packages", name, "package.json"));
  const hash = createHash("sha256").update(process.version);
  for (const file of ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", ...packages]) {
    const path = join(root, file);
    if (existsSync(path)) hash.update(file).update(readFileSync(path));
  }
  return hash.digest("hex");
}

function isInstalled() {
  return existsSync(stampFile) && readFileSync(stampFile, "utf8") === fingerprint();
}

function install() {
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  console.error(
    `Installing dependencies with ${packageManager} (first run, or the lockfile has changed) ...`,
  );
  const npm = ["exec", "--yes", packageManager, "--", "install", "--frozen-lockfile"];
  if (!runNode([npmCommandLine(), ...npm])) {
    fail("Installing the dependencies failed; the reason is printed above.", [
      "Behind a proxy: set HTTPS_PROXY (and NO_PROXY), or `npm config set https-proxy URL`.",
      "With a private registry: `npm config set registry URL`; its own certificate authority: NODE_EXTRA_CA_CERTS=/path/to/ca.pem.",
      "Without a network: nothing can be installed; run the command again when there is one.",
    ]);
  }
  writeFileSync(stampFile, fingerprint());
}

function build() {
  if (runNode([join(root, "node_modules", "typescript-native", "bin", "tsc"), "-b"])) return;
  fail("Compiling the packages failed; the errors are printed above.", [
    "On a fresh clone that is a bug in Darkroom: please report it with the lines above.",
    "After an interrupted installation: delete node_modules and run the command again.",
  ]);
}

/** npm's own entry point: started through node, so that no shell and no `.cmd` file is involved on any system. */
export function npmCommandLine() {
  const running = process.env.npm_execpath;
  const beside = dirname(process.execPath);
  const candidates = [
    running !== undefined && basename(running) === "npm-cli.js" ? running : "",
    join(beside, "node_modules", "npm", "bin", "npm-cli.js"),
    join(beside, "..", "lib", "node_modules", "npm", "bin", "npm-cli.js"),
    join(beside, "..", "share", "nodejs", "npm", "bin", "npm-cli.js"),
  ];
  const found = candidates.find((path) => path !== "" && existsSync(path));
  return (
    found ?? fail("npm was not found beside node.", ["Run this through npm: `npm start` or `npm test`."])
  );
}

function runNode(args) {
  // Standard output belongs to the command that is run afterwards (its JSON may be piped), so set-up speaks on standard error.
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ["ignore", 2, 2] });
  return status === 0;
}

function fail(what, advice) {
  console.error(`\n${what}\n${advice.map((line) => `  - ${line}`).join("\n")}`);
  process.exit(1);
}
