/** The balancer's file, run by an nginx of this machine before two gateways. */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sendEdit } from "../../../packages/proxy/dist/system/edit-request.js";
import { noise, pictureCalled } from "../../../packages/proxy/dist/system/pictures.js";
import { configFor, startGateway } from "../../../packages/proxy/dist/system/running-gateway.js";
import { startSimulator } from "../../../packages/proxy/dist/system/running-simulator.js";

const edits = 12;
/** Far more than an nginx takes that is told nothing. */
const image = pictureCalled("large", { extra: noise(8 * 2 ** 20, "large") });

/** @throws Error with what does not hold */
export async function checkBalancer(file) {
  const simulator = await startSimulator();
  const config = configFor(simulator, { groups: { edits: "gpt-image-1" } });
  const gateways = await Promise.all([startGateway({ config }), startGateway({ config })]);
  const nginx = await Nginx.start(
    file,
    gateways.map(({ port }) => port),
  );
  try {
    const metrics = await fetch(`${nginx.url}/metrics`);
    if (metrics.status !== 404)
      throw new Error(`The balancer tells one gateway's metrics: ${metrics.status}`);
    await expectServed(nginx, { model: "edits" });
    const streamed = await expectServed(nginx, { model: "edits", stream: "true", partial_images: "1" });
    if (!streamed.every((body) => body.includes("image_edit.completed")))
      throw new Error("A stream was cut short.");
    const counts = await Promise.all(gateways.map(servedBy));
    if (counts.some((count) => count === 0)) throw new Error(`One gateway got no edit: ${counts.join(", ")}`);

    await gateways[0].stop();
    await expectServed(nginx, { model: "edits" });
    const { totals } = await simulator.bill();
    if (totals.overall.requests !== 3 * edits)
      throw new Error(`${3 * edits} edits were asked for, and ${totals.overall.requests} are billed.`);
  } finally {
    await nginx.stop();
  }
}

/** @returns {Promise<string[]>} the answers */
async function expectServed({ url }, fields) {
  const headers = { expect: "100-continue" };
  const answers = await Promise.all(
    Array.from({ length: edits }, () => sendEdit(url, { fields, image, headers })),
  );
  const failed = answers.find(({ status }) => status !== 200);
  if (failed !== undefined)
    throw new Error(`The balancer answered ${failed.status}: ${failed.body.toString("utf8", 0, 500)}`);
  return answers.map(({ body }) => body.toString("utf8"));
}

async function servedBy({ url }) {
  const text = await (await fetch(`${url}/metrics`)).text();
  const served = text.matchAll(
    /^darkroom_requests_total\{route="\/v1\/images\/edits".*status="200"\} (\d+)$/gm,
  );
  return [...served].reduce((sum, [, count]) => sum + Number(count), 0);
}

class Nginx {
  #folder = mkdtempSync(join(tmpdir(), "darkroom-nginx-"));
  #child;

  static async start(file, ports) {
    const nginx = new Nginx();
    try {
      await nginx.#start(readFileSync(file, "utf8"), ports);
      return nginx;
    } catch (error) {
      await nginx.stop();
      throw error;
    }
  }

  async #start(text, ports) {
    const port = await freePort();
    this.url = `http://127.0.0.1:${port}`;
    const config = join(this.#folder, "nginx.conf");
    writeFileSync(config, this.#here(text, port, ports));
    mkdirSync(join(this.#folder, "logs"));
    const args = ["-p", this.#folder, "-c", config, "-g", "daemon off;"];
    const { status, stderr } = spawnSync("nginx", [...args, "-t"], { encoding: "utf8" });
    if (status !== 0) throw new Error(`nginx.conf:\n${stderr}`);
    this.#child = spawn("nginx", args, { stdio: "ignore" });
    for (let tries = 0; ; tries += 1) {
      const answer = await fetch(`${this.url}/health/liveliness`).catch(() => undefined);
      if (answer?.ok) return;
      if (tries > 200) throw new Error("nginx does not answer.");
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  /** The same, with addresses of this machine; Debian's nginx is older than `resolve`. */
  #here(text, port, ports) {
    let index = 0;
    return text
      .replace(/^ *resolver .*$/m, "")
      .replace(/^ *server gateway-\d+:4000 resolve (.*)$/gm, (_, rest) => {
        const target = ports[index++];
        return target === undefined ? "" : `server 127.0.0.1:${target} ${rest}`;
      })
      .replace("listen 4000;", `listen 127.0.0.1:${port};`)
      .replaceAll("/dev/stdout", join(this.#folder, "access.log"))
      .replaceAll("/dev/stderr", join(this.#folder, "error.log"))
      .replace("/tmp/nginx.pid", join(this.#folder, "nginx.pid"));
  }

  async stop() {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await gone;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
