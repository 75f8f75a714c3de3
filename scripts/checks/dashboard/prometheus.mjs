/** A real Prometheus on a free port of this machine, and promtool. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const startWithinMs = 30_000;

/** @throws Error with what promtool says, where it finds fault */
export function promtool(...args) {
  const { status, stdout, stderr, error } = spawnSync("promtool", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`promtool ${args.join(" ")}:\n${error?.message ?? stdout + stderr}`);
}

export class Prometheus {
  #folder = mkdtempSync(join(tmpdir(), "darkroom-prometheus-"));
  #child;
  #url = "";

  /**
   * @param {object} config as prometheus.yml has it
   * @param {string} key that it shows to the gateways
   */
  static async start(config, key) {
    const prometheus = new Prometheus();
    try {
      await prometheus.#start(config, key);
      return prometheus;
    } catch (error) {
      await prometheus.stop();
      throw error;
    }
  }

  async #start(config, key) {
    const keyFile = join(this.#folder, "metrics-key");
    const configFile = join(this.#folder, "prometheus.yml");
    writeFileSync(keyFile, key);
    for (const { authorization } of config.scrape_configs) authorization.credentials_file = keyFile;
    // JSON is YAML.
    writeFileSync(configFile, JSON.stringify(config));
    promtool("check", "config", configFile);
    const flags = [
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${join(this.#folder, "data")}`,
      "--web.listen-address=127.0.0.1:0",
    ];
    this.#child = spawn("prometheus", flags, { stdio: ["ignore", "ignore", "pipe"] });
    this.#url = await this.#listening();
  }

  #listening() {
    return new Promise((resolve, reject) => {
      let printed = "";
      const fail = () => reject(new Error(`Prometheus did not start:\n${printed}`));
      const timer = setTimeout(fail, startWithinMs);
      this.#child.once("error", reject);
      this.#child.once("exit", fail);
      this.#child.stderr.setEncoding("utf8").on("data", (text) => {
        printed += text;
        const [, address] = /msg="Listening on" address=(127\.0\.0\.1:[1-9]\d*)/.exec(printed) ?? [];
        if (address === undefined || !printed.includes("Server is ready")) return;
        clearTimeout(timer);
        printed = "";
        resolve(`http://${address}`);
      });
    });
  }

  /**
   * @param {string} expr
   * @returns {Promise<number[]>} the values that there are now; what is no number is left out
   * @throws Error where Prometheus does not understand the query
   */
  async query(expr) {
    const answer = await fetch(`${this.#url}/api/v1/query`, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: `query=${encodeURIComponent(expr)}`,
    });
    const { status, error, data } = await answer.json();
    if (status !== "success") throw new Error(`${error}\n  ${expr}`);
    return data.result.map(({ value }) => Number(value[1])).filter((value) => !Number.isNaN(value));
  }

  /** @returns {Promise<string[]>} what went wrong with rules */
  async ruleErrors() {
    const { data } = await (await fetch(`${this.#url}/api/v1/rules`)).json();
    return data.groups.flatMap(({ rules }) =>
      rules.filter(({ lastError }) => lastError).map(({ name, lastError }) => `${name}: ${lastError}`),
    );
  }

  async stop() {
    const child = this.#child;
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await gone;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
