/**
 * Shows that an edit may take long: `node scripts/long-edit.mjs [seconds]`. The upstream answers after 330 s, which is
 * beyond the 300 s that Node's servers, its `fetch` and many proxies allow; whole and streamed. Not part of `npm test`,
 * since it takes as long as it says. Compile first: `npm run build`.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { root } from "./setup.mjs";
import { withoutUserSettings } from "./user-settings.mjs";

const simulatorMain = join(root, "packages", "simulator", "dist", "main.js");
const gatewayMain = join(root, "packages", "proxy", "dist", "main.js");
/** Black and white stripes, 256x256. */
const image = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAQAAAAEAAQAAAAB0CZXLAAAAOElEQVR42u3WMQ0AAAgEsfdvGhQQVhLa+QRcAjCohUAg+BsA+AeBQOAfAP8gEAj8A+AfBALBsaABnTrw4uvF290AAAAASUVORK5CYII=",
  "base64",
);

const boundary = "darkroom-long-edit";

const seconds = Number(process.argv[2] ?? 330);
if (!(seconds > 0)) throw new Error("Give the number of seconds that the edit shall take.");

const folder = mkdtempSync(join(tmpdir(), "darkroom-long-edit-"));
const children = [];
try {
  const key = "sk-long-edit";
  const upstream = await started(
    [simulatorMain, "--port", "0", "--json", "--quiet", "--exit-with-parent", "--key", `${key}=org-long`],
    /"url":"([^"]+)"/,
  );
  const fault = { fault: { kind: "delay", ms: seconds * 1000 } };
  await fetch(`${upstream}/_simulator/faults`, { method: "POST", body: JSON.stringify(fault) });
  const config = join(folder, "config.yaml");
  const params = { model: "openai/gpt-image-1", api_key: key, api_base: `${upstream}/v1` };
  // JSON is YAML.
  writeFileSync(config, JSON.stringify({ model_list: [{ model_name: "slow", litellm_params: params }] }));
  const gateway = await started(
    [gatewayMain, "start", "--port", "0", "--config", config, "--log-level", "warn"],
    /URL\s+(\S+)/,
  );
  console.log(`${gateway} edits through ${upstream}, which answers after ${seconds} s ...`);
  await Promise.all([edit(gateway, "image", {}), edit(gateway, "stream", { stream: "true" })]);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
}

/** Starts a program and resolves to the URL that it prints. */
function started(args, pattern) {
  const env = withoutUserSettings(process.env);
  const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ["pipe", "pipe", "inherit"] });
  children.push(child);
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`${args[0]} ended with code ${code}`)));
    createInterface(child.stdout).on("line", (line) => {
      const [, url] = pattern.exec(line) ?? [];
      if (url !== undefined) resolve(url);
    });
  });
}

/** Sent with `node:http`, since `fetch` gives up after 300 s. */
async function edit(gateway, kind, fields) {
  const body = multipart({ model: "slow", prompt: "A red frame around the picture", ...fields });
  const startedAtMs = performance.now();
  const { status, text } = await post(`${gateway}/v1/images/edits`, body);
  const tookSeconds = (performance.now() - startedAtMs) / 1000;
  const isWhole =
    kind === "image" ? JSON.parse(text).data?.length === 1 : text.includes("image_edit.completed");
  if (status !== 200 || !isWhole || tookSeconds < seconds) {
    throw new Error(`${kind}: status ${status} after ${tookSeconds.toFixed(1)} s: ${text.slice(0, 500)}`);
  }
  console.log(`${kind}: answered after ${tookSeconds.toFixed(1)} s`);
}

function multipart(fields) {
  const part = (disposition) => `--${boundary}\r\ncontent-disposition: form-data; ${disposition}\r\n`;
  const values = Object.entries(fields).map(([name, value]) => `${part(`name="${name}"`)}\r\n${value}\r\n`);
  const file = `${part('name="image"; filename="stripes.png"')}content-type: image/png\r\n\r\n`;
  return Buffer.concat([Buffer.from(values.join("") + file), image, Buffer.from(`\r\n--${boundary}--\r\n`)]);
}

function post(url, body) {
  const headers = {
    "content-type": `multipart/form-data; boundary=${boundary}`,
    "content-length": body.length,
  };
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method: "POST", headers }, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.once("error", reject);
      answer.once("end", () => {
        resolve({ status: answer.statusCode, text: Buffer.concat(chunks).toString("utf8") });
      });
    });
    request.once("error", reject);
    request.end(body);
  });
}
