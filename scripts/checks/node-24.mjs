/**
 * A smoke on the current LTS, whatever node runs this: the compiled gateway starts, answers and edits an image, and one
 * package's tests pass. Node 24 comes from npm's package `node`.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runNode } from "../run-node.mjs";
import { npmCommandLine, root } from "../setup.mjs";
import { withoutUserSettings } from "../user-settings.mjs";

const start = [join(root, "packages", "proxy", "dist", "main.js"), "start", "--port", "0", "--simulator"];
const deadlineMs = 60_000;
/** Black and white stripes, 256x256. */
const sampleImage = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAQAAAAEAAQAAAAB0CZXLAAAAOElEQVR42u3WMQ0AAAgEsfdvGhQQVhLa+QRcAjCohUAg+BsA+AeBQOAfAP8gEAj8A+AfBALBsaABnTrw4uvF290AAAAASUVORK5CYII=",
  "base64",
);

const env = withoutUserSettings(process.env);

try {
  const node24 = findNode24();
  await editAnImage(node24);
  testOnNode24(node24, "cost-calculator");
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

function findNode24() {
  const where = ["--package=node@24", "--", "node", "--print", "process.execPath"];
  const { passed, printed, output } = runNode([npmCommandLine(), "exec", "--yes", ...where]);
  if (!passed) throw new Error(`npm could not provide Node 24:\n${output}`);
  return printed.trim();
}

/** The gateway starts in an empty folder, so that it finds no configuration and makes its own data. */
async function editAnImage(node24) {
  const folder = mkdtempSync(join(tmpdir(), "darkroom-node-24-"));
  const args = [...start, "--data-dir", join(folder, "data")];
  const gateway = spawn(node24, args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((resolve) => gateway.once("close", resolve));
  try {
    const url = await printedUrl(gateway);
    await expectOk(`${url}/health/liveliness`);
    const { data: models } = await expectOk(`${url}/v1/models`);
    const body = new FormData();
    body.set("model", models[0].id);
    body.set("prompt", "A red frame around the picture");
    body.set("image", new Blob([sampleImage], { type: "image/png" }), "sample.png");
    const { data: images } = await expectOk(`${url}/v1/images/edits`, { method: "POST", body });
    if (images.length !== 1) throw new Error(`expected one image, got ${images.length}`);
  } finally {
    gateway.kill();
    const kill = setTimeout(() => gateway.kill("SIGKILL"), deadlineMs);
    await ended;
    clearTimeout(kill);
    rmSync(folder, { recursive: true, force: true });
  }
}

function printedUrl(gateway) {
  let printed = "";
  return new Promise((resolve, reject) => {
    const giveUp = (why) => reject(new Error(`The gateway ${why} on Node 24; it printed:\n${printed}`));
    const timer = setTimeout(giveUp, deadlineMs, `printed no URL within ${deadlineMs / 1000} s`);
    gateway.once("close", (code) => {
      clearTimeout(timer);
      giveUp(`ended with code ${code}`);
    });
    for (const stream of [gateway.stdout, gateway.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        printed += text;
        const [, url] = /(https?:\/\/[\w.[\]:-]+:\d+)[\s/"]/.exec(printed) ?? [];
        if (url === undefined) return;
        clearTimeout(timer);
        resolve(url.replace("0.0.0.0", "127.0.0.1"));
      });
    }
  });
}

async function expectOk(url, request = {}) {
  const response = await fetch(url, { ...request, signal: AbortSignal.timeout(deadlineMs) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text.slice(0, 500)}`);
  return text.startsWith("{") ? JSON.parse(text) : text;
}

function testOnNode24(node24, project) {
  const jest = join(root, "node_modules", "jest", "bin", "jest.js");
  const args = ["--experimental-vm-modules", jest, "--selectProjects", project];
  const { passed, output } = runNode(args, { node: node24, env });
  if (!passed) throw new Error(`The tests of ${project} fail on Node 24:\n${output}`);
}
