import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { editForm, errorOf, imagesIn, picture, sendEdit } from "./edit-request.js";
import { formType, send } from "./form-request.js";
import { readMetrics } from "./metrics-reading.js";
import { configFor, spawnGateway, startGateway } from "./running-gateway.js";
import { RunningProcess, stopAll } from "./running-process.js";
import { type RunningSimulator, simulatorKeys, startSimulator } from "./running-simulator.js";
import { ScriptedUpstream } from "./scripted-upstream.js";
import { until } from "./until.js";

const gatewayProgram = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

let folder: string;
let simulator: RunningSimulator;

beforeAll(async () => {
  simulator = await startSimulator({
    models: ["gpt-image-1", { id: "gpt-image-9-nova", like: "gpt-image-1" }],
  });
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "darkroom-start-up-"));
});

afterEach(async () => {
  await simulator.clear();
  rmSync(folder, { recursive: true });
});

afterAll(stopAll);

const groups = { edits: "gpt-image-1" };

function command(...flags: readonly string[]): RunningProcess {
  return new RunningProcess({ program: "proxy/dist/main.js", arguments: flags });
}

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly complaints: string;
}

async function ended(process: RunningProcess): Promise<Ended> {
  const { code } = await process.ended;
  const { standardOutput: output, standardError: complaints } = process;
  return { code, output, complaints };
}

/** The status that `/v1/models` answers with. */
async function statusWith(url: string, key?: string): Promise<number> {
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  return (await send(`${url}/v1/models`, { headers })).status;
}

describe("the command line", () => {
  test("--help tells the commands, and each command its options", async () => {
    const [all, start] = await Promise.all([ended(command("--help")), ended(command("start", "--help"))]);
    expect(all.code).toBe(0);
    expect(all.output).toMatch(/^Usage: darkroom /);
    for (const name of ["start", "check", "edit"]) expect(all.output).toMatch(new RegExp(`^  ${name}`, "m"));
    expect(start.code).toBe(0);
    for (const flag of ["--config", "--port", "--host", "--data-dir"]) expect(start.output).toContain(flag);
  });

  test("an option that does not exist ends with a hint", async () => {
    const { code, complaints } = await ended(command("start", "--prot", "1"));
    expect(code).toBe(1);
    expect(complaints).toContain("--port");
  });

  test("a port that is taken: a free one is named, and it is free", async () => {
    const other = net.createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as net.AddressInfo;
    const { code, complaints } = await ended(command("start", "--simulator", "--port", String(port)));
    other.close();

    expect(code).toBe(1);
    const [, taken, free, flag] =
      /Port (\d+) is taken .*Port (\d+) is free: start with --port (\d+)\./.exec(complaints) ?? [];
    expect(taken).toBe(String(port));
    expect(flag).toBe(free);
    const server = net.createServer().listen(Number(free), "127.0.0.1");
    await once(server, "listening");
    server.close();
  });

  test.each(["many", "65536", "-1", "80.5"])("--port %s: says what a port is", async (port) => {
    const { code, complaints } = await ended(command("start", `--port=${port}`));
    expect(code).toBe(1);
    expect(complaints).toContain(`--port must be a number from 0 to 65535, not '${port}'`);
  });

  test("--log-level: one of those that there are", async () => {
    const { code, complaints } = await ended(command("start", "--log-level", "loud"));
    expect(code).toBe(1);
    expect(complaints).toMatch(/'loud' is invalid. Allowed choices are .*silent/);
  });

  test.each(["LITELLM_MASTER_KEY", "DARKROOM_MASTER_KEY"])(
    "%s that is no key: says what one is",
    async (variable) => {
      const { code, complaints } = await ended(spawnGateway({ environment: { [variable]: "secret-word" } }));
      expect(code).toBe(1);
      expect(complaints).toBe(
        `environment: ${variable}: expected a key that begins with "sk-" (LiteLLM's rule)\n`,
      );
    },
  );

  test("a data folder that cannot be one ends it, though its simulator runs already", async () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    const { code, complaints } = await ended(
      spawnGateway({ arguments: ["--host", "0.0.0.0", "--data-dir", file] }),
    );
    expect(code).toBe(1);
    expect(complaints).toContain(`Darkroom could not keep a key in ${file}`);
  });
});

describe("check", () => {
  const check = (config: string, ...flags: readonly string[]): Promise<Ended> => {
    writeFileSync(join(folder, "config.yaml"), config);
    return ended(command("check", "--config", join(folder, "config.yaml"), ...flags));
  };
  const valid = (settings = ""): string =>
    `model_list:\n  - model_name: edits\n    litellm_params: {model: openai/gpt-image-1, api_key: sk-one}\n${settings}`;

  test("a valid config: what becomes of it", async () => {
    const { code, output } = await check(valid());
    expect(code).toBe(0);
    expect(output).toContain("config.yaml is valid.\n  edits: 1 deployment\n");
  });

  test("--json", async () => {
    const { code, output } = await check(valid(), "--json");
    expect(code).toBe(0);
    expect(JSON.parse(output)).toEqual({
      file: join(folder, "config.yaml"),
      groups: { edits: 1 },
      notes: [],
      warnings: [],
      skipped: [],
      invalid: [],
    });
  });

  test("whether limits are enforced", async () => {
    const limits = "quotas: {house: {rpm: 5, ipm: 20}}\n";
    const { output } = await check(valid(`    quota: house\n${limits}`));
    expect(output).toContain("note: limits of edits are enforced: rpm, ipm\n");
    const hints = await check(valid(`    quota: house\n${limits}router_settings: {rate_limits: hint}\n`));
    expect(hints.output).toContain("note: limits of edits are hints, as rate_limits says: rpm, ipm\n");
  });

  test("every mistake is told with file, line and column, and no key", async () => {
    const { code, output, complaints } = await check(
      valid("router_settings:\n  num_retris: 3\n  timeout: sk-pasted-here\n"),
    );
    expect(code).toBe(1);
    expect(output).toBe("");
    const file = join(folder, "config.yaml");
    expect(complaints).toContain(`${file}:5:3: router_settings.num_retris: unknown setting`);
    expect(complaints).toContain('did you mean "num_retries"');
    expect(complaints).toContain(`${file}:6:12: router_settings.timeout`);
    expect(complaints).not.toContain("sk-pasted-here");
  });

  test("a file that is not there", async () => {
    const { code, complaints } = await ended(command("check", "--config", join(folder, "none.yaml")));
    expect(code).toBe(1);
    expect(complaints).toContain("none.yaml");
    expect(complaints).not.toContain("    at ");
  });

  test("what would go unenforced is refused, and accepted when it is named", async () => {
    const config = valid("litellm_settings:\n  max_user_budget: 10\n");
    const refused = await check(config);
    expect(refused.code).toBe(1);
    expect(refused.complaints).toMatch(
      /config\.yaml:5:3: litellm_settings\.max_user_budget: .*restricts money/,
    );
    expect(refused.complaints).toContain("--allow-unenforced max_user_budget");
    const allowed = await check(config, "--allow-unenforced", "max_user_budget");
    expect(allowed.code).toBe(0);
    expect(allowed.output).toContain(
      "not enforced, as --allow-unenforced says: litellm_settings.max_user_budget",
    );
  });
});

describe("variables that are not set", () => {
  const config = (settings = ""): string => `model_list:
  - model_name: edits
    litellm_params: {model: openai/gpt-image-1, api_key: os.environ/MISSING_KEY, api_base: "${simulator.url}/v1"}
    model_info: {id: without-key}
  - model_name: edits
    litellm_params: {model: openai/gpt-image-1, api_key: os.environ/GIVEN_KEY, api_base: "${simulator.url}/v1"}
    model_info: {id: with-key}
  - model_name: lost
    litellm_params: {model: openai/gpt-image-1, api_key: os.environ/MISSING_KEY}
${settings}`;
  const environment = { GIVEN_KEY: simulatorKeys.one };

  test("a deployment without its key is told and left out; the others go on", async () => {
    const gateway = await startGateway({ config: config(), environment });
    const logged = gateway.logLines().join("\n");
    expect(logged).toContain("not usable: edits (without-key)");
    expect(logged).toContain("MISSING_KEY");
    for (let count = 0; count < 5; count += 1) {
      const answer = await sendEdit(gateway.url, { fields: { model: "edits" } });
      expect(answer.headers["x-litellm-model-id"]).toBe("with-key");
    }
    const answer = await sendEdit(gateway.url, { fields: { model: "lost" } });
    expect(answer.status).toBe(503);
    expect(errorOf(answer).message).toContain("MISSING_KEY");
    await gateway.stop();
  });

  test("without its master key the gateway would be open, so it does not start", async () => {
    const text = config("general_settings:\n  master_key: os.environ/MISSING_MASTER_KEY\n");
    const { code, complaints } = await ended(spawnGateway({ config: text, environment }));
    expect(code).toBe(1);
    expect(complaints).toMatch(
      /config\.yaml:11:\d+: general_settings\.master_key: the environment variable MISSING_MASTER_KEY is not set/,
    );
  });

  test("--allow-unenforced starts it, and says so", async () => {
    const text = config("litellm_settings:\n  max_user_budget: 10\n");
    const refused = await ended(spawnGateway({ config: text, environment }));
    expect(refused.code).toBe(1);
    const gateway = await startGateway({
      config: text,
      environment,
      arguments: ["--allow-unenforced", "max_user_budget"],
    });
    expect(gateway.logLines().join("\n")).toContain("not enforced, as --allow-unenforced says");
    await gateway.stop();
  });
});

describe("keys of the gateway", () => {
  test("open to others without one: one is made, shown once and kept", async () => {
    const data = join(folder, "data");
    const start = () =>
      startGateway({
        config: configFor(simulator, { groups }),
        arguments: ["--host", "0.0.0.0", "--data-dir", data],
      });
    const first = await start();
    const [, key = ""] = await first.running.printed(/^ *Key +(sk-\S+)$/m);
    expect(await statusWith(first.url)).toBe(401);
    expect(await statusWith(first.url, key)).toBe(200);
    await first.stop();
    const file = join(data, "master-key");
    expect(readFileSync(file, "utf8").trim()).toBe(key);
    if (process.platform !== "win32") expect(statSync(file).mode & 0o777).toBe(0o600);

    const second = await start();
    expect(await statusWith(second.url, key)).toBe(200);
    expect(await statusWith(second.url)).toBe(401);
    expect(
      (
        await sendEdit(second.url, {
          headers: { authorization: `Bearer ${key}` },
          fields: { model: "edits" },
        })
      ).status,
    ).toBe(200);
    expect(second.logLines().join("\n")).not.toContain(key);
    await second.stop();
    expect(readdirSync(data)).toContain("master-key");
  });

  test.each(["LITELLM_MASTER_KEY", "DARKROOM_MASTER_KEY"])("%s", async (variable) => {
    const key = "sk-of-the-environment";
    const gateway = await startGateway({
      config: configFor(simulator, { groups }),
      environment: { [variable]: key },
    });
    expect(await statusWith(gateway.url)).toBe(401);
    expect(await statusWith(gateway.url, key)).toBe(200);
    expect(gateway.logLines().join("\n")).not.toContain(key);
    await gateway.stop();
  });
});

describe("without a config", () => {
  test("OPENAI_API_KEY: the banner says that it costs money, and models that nobody knows yet work", async () => {
    const gateway = await startGateway({
      environment: { OPENAI_API_KEY: simulatorKeys.one, OPENAI_BASE_URL: `${simulator.url}/v1` },
    });
    expect(gateway.logLines().join("\n")).toContain("Edits cost real money");
    const answer = await sendEdit(gateway.url, { fields: { model: "gpt-image-9-nova" } });
    expect(answer.status).toBe(200);
    expect(answer.headers["x-litellm-model-group"]).toBe("gpt-image-*");
    const [request] = await simulator.requests();
    expect(request?.key).toBe(simulatorKeys.one);
    expect(request?.parts?.find(({ name }) => name === "model")?.value).toBe("gpt-image-9-nova");
    await gateway.stop();
  });

  test("nothing: a simulator of its own, which ends with it however it ends", async () => {
    const gateway = await startGateway();
    expect(gateway.logLines().join("\n")).toContain("nothing costs money");
    const answer = await sendEdit(gateway.url, { fields: { model: "gpt-image-1" } });
    expect(answer.status).toBe(200);
    const own = new URL(answer.headers["x-litellm-model-api-base"] as string).origin;
    expect((await send(`${own}/_simulator/health`)).status).toBe(200);

    gateway.process.kill("SIGKILL");
    await until(() =>
      send(`${own}/_simulator/health`).then(
        () => false,
        (error: unknown) => (error as NodeJS.ErrnoException).code === "ECONNREFUSED",
      ),
    );
    expect(await gateway.running.ended).toEqual({ code: null, signal: "SIGKILL" });
    await gateway.stop();
  });
});

describe("a running gateway", () => {
  const hasIpv6 = Object.values(networkInterfaces())
    .flat()
    .some((address) => address?.address === "::1");

  test("listens on this machine alone, under all of its addresses; idle connections outlive load balancers'", async () => {
    const gateway = await startGateway({ config: configFor(simulator, { groups }) });
    const hosts = ["127.0.0.1", ...(hasIpv6 ? ["[::1]"] : [])];
    for (const host of hosts) expect(await statusWith(`http://${host}:${gateway.port}`)).toBe(200);

    const agent = new http.Agent({ keepAlive: true });
    const request = http.get(`${gateway.url}/health/liveliness`, { agent });
    const [answer] = (await once(request, "response")) as [http.IncomingMessage];
    answer.resume();
    await once(answer, "end");
    agent.destroy();
    const [, seconds] = /timeout=(\d+)/.exec(String(answer.headers["keep-alive"])) ?? [];
    expect(Number(seconds)).toBeGreaterThanOrEqual(60);
    await gateway.stop();
  });

  test("writes no image to a disk, not even while it runs", async () => {
    const temporary = join(folder, "temporary");
    const data = join(folder, "data");
    const gateway = await startGateway({
      config: configFor(simulator, {
        groups,
        settings: { general_settings: { master_key: "sk-of-the-file" } },
      }),
      arguments: ["--data-dir", data],
      environment: { TMPDIR: temporary, TEMP: temporary, TMP: temporary },
    });
    await simulator.setFaults({ fault: { kind: "hold" } });
    const headers = { authorization: "Bearer sk-of-the-file" };
    const image = Buffer.concat([picture, Buffer.alloc(2_000_000, 1)]);
    const edit = sendEdit(gateway.url, { fields: { model: "edits" }, image, headers });
    await until(async () => (await simulator.held()) === 1);
    const written = (): Buffer =>
      Buffer.concat(readdirSync(data).map((name) => readFileSync(join(data, name))));
    const whileRunning = { names: readdirSync(folder), bytes: written() };
    await simulator.release();
    expect((await edit).status).toBe(200);
    expect(whileRunning.names).toEqual(["data"]);
    expect(readdirSync(folder)).toEqual(["data"]);
    expect(readdirSync(gateway.running.folder)).toEqual(["config.yaml"]);
    // The books are there, and nothing that was sent is in them.
    for (const bytes of [whileRunning.bytes, written()]) {
      expect(bytes.length).toBeGreaterThan(0);
      expect(bytes.includes(Buffer.alloc(64, 1))).toBe(false);
    }
    await gateway.stop();
  });
});

describe("signals", () => {
  /** What an upstream answers that a test plays. */
  const edited = JSON.stringify({ created: 1, data: [{ b64_json: "aGVsbG8=" }] });

  test("SIGTERM: what runs is finished, what is new is refused, then it ends", async () => {
    const waiting: http.ServerResponse[] = [];
    const upstream = await new ScriptedUpstream((response) => void waiting.push(response)).listen();
    const gateway = await startGateway({ config: configFor(upstream, { groups }) });
    const running = sendEdit(gateway.url, { fields: { model: "edits" } });
    await until(() => upstream.arrived.length === 1);
    gateway.process.kill("SIGTERM");
    await gateway.running.printed(/finishing what runs/);

    const refused = await sendEdit(gateway.url, { fields: { model: "edits" } });
    expect(refused.status).toBe(503);
    expect(errorOf(refused)).toMatchObject({ type: "server_error", code: "shutting_down" });
    expect(refused.headers["retry-after"]).toBe("1");
    expect(refused.headers.connection).toBe("close");
    const readiness = await send(`${gateway.url}/health/readiness`);
    expect(readiness.status).toBe(503);
    expect((await send(`${gateway.url}/health/liveliness`)).status).toBe(200);

    for (const response of waiting)
      response.writeHead(200, { "content-type": "application/json" }).end(edited);
    const answer = await running;
    expect(answer.status).toBe(200);
    expect(imagesIn(answer)).toBe(1);
    expect(await gateway.running.ended).toEqual({ code: 0, signal: null });
    expect(upstream.arrived).toHaveLength(1);
    await gateway.stop();
    await upstream.close();
  });

  test("SIGTERM: an upload that has begun is read to its end and served", async () => {
    const waiting: http.ServerResponse[] = [];
    const upstream = await new ScriptedUpstream((response) => void waiting.push(response)).listen();
    const gateway = await startGateway({ config: configFor(upstream, { groups }) });
    const form = editForm({ fields: { model: "edits" } });
    const upload = http.request(`${gateway.url}/v1/images/edits`, {
      method: "POST",
      agent: false,
      headers: { "content-type": formType, "content-length": form.length },
    });
    const answered = once(upload, "response");
    upload.write(form.subarray(0, 100));
    await until(async () => (await readMetrics(gateway)).sum("darkroom_upload_bytes") > 0);
    gateway.process.kill("SIGTERM");
    await gateway.running.printed(/finishing what runs/);
    expect((await send(`${gateway.url}/health/readiness`)).status).toBe(503);

    upload.end(form.subarray(100));
    await until(() => waiting.length === 1);
    expect((await send(`${gateway.url}/health/readiness`)).status).toBe(503);
    for (const response of waiting)
      response.writeHead(200, { "content-type": "application/json" }).end(edited);
    const [answer] = (await answered) as [http.IncomingMessage];
    answer.resume();
    expect(answer.statusCode).toBe(200);
    expect(await gateway.running.ended).toEqual({ code: 0, signal: null });
    await gateway.stop();
    await upstream.close();
  });

  test("SIGTERM: an edit whose client has left is finished too, since it is billed", async () => {
    const waiting: http.ServerResponse[] = [];
    const upstream = await new ScriptedUpstream((response) => void waiting.push(response)).listen();
    const gateway = await startGateway({ config: configFor(upstream, { groups }) });
    const form = editForm({ fields: { model: "edits" } });
    const headers = { "content-type": formType, "content-length": form.length };
    const request = http.request(`${gateway.url}/v1/images/edits`, { method: "POST", agent: false, headers });
    request.on("error", () => undefined);
    request.end(form);
    await until(() => waiting.length === 1);
    request.destroy();
    const left = { status: "499" };
    await until(async () => (await readMetrics(gateway)).sum("darkroom_requests_total", left) === 1);
    gateway.process.kill("SIGTERM");
    await gateway.running.printed(/finishing what runs/);
    expect((await send(`${gateway.url}/health/readiness`)).status).toBe(503);
    for (const response of waiting)
      response.writeHead(200, { "content-type": "application/json" }).end(edited);
    expect(await gateway.running.ended).toEqual({ code: 0, signal: null });
    expect(gateway.logLines().join("\n")).toContain('"images":1');
    await gateway.stop();
    await upstream.close();
  });

  test("a second one ends it at once, unless it is the echo of the first", async () => {
    const gateway = await startGateway({ config: configFor(simulator, { groups }) });
    await simulator.setFaults({ fault: { kind: "hang" } });
    const broken = sendEdit(gateway.url, { fields: { model: "edits" } }).then(
      () => "answered",
      () => "broken",
    );
    await until(async () => (await simulator.requests()).length === 1);
    gateway.process.kill("SIGTERM");
    const startedAtMs = performance.now();
    await gateway.running.printed(/finishing what runs/);
    while (!gateway.running.hasEnded) {
      gateway.process.kill("SIGTERM");
      await setTimeout(20);
    }
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(450);
    expect(await gateway.running.ended).toEqual({ code: 1, signal: null });
    expect(await broken).toBe("broken");
    await gateway.stop();
  });

  if (process.platform !== "win32") {
    test("Ctrl-C reaches every process of a terminal, and what runs is finished all the same", async () => {
      const child = spawn(process.execPath, [gatewayProgram, "start", "--port", "0"], {
        cwd: folder,
        env: { PATH: process.env["PATH"] ?? "" },
        stdio: ["ignore", "pipe", "ignore"],
        // A process group of its own, as a shell gives to each of its jobs.
        detached: true,
      });
      const closed = once(child, "close");
      const lines = createInterface(child.stdout);
      const url = await new Promise<string>((resolve) => {
        lines.on("line", (line) => {
          const [, printed] = /URL +(\S+)/.exec(line) ?? [];
          if (printed !== undefined) resolve(printed);
        });
      });
      const edit = () => sendEdit(url, { fields: { model: "gpt-image-1" } });
      const own = new URL((await edit()).headers["x-litellm-model-api-base"] as string).origin;
      const delay = Buffer.from(JSON.stringify({ fault: { kind: "delay", ms: 1000 } }));
      await send(`${own}/_simulator/faults`, { method: "POST", body: delay });
      const running = edit();
      await until(async () => (await send(`${own}/_simulator/bill`)).body.includes('"requests":2'));
      process.kill(-child.pid!, "SIGINT");
      expect((await running).status).toBe(200);
      expect(await closed).toEqual([0, null]);
    });
  }

  test("an idle gateway ends at once, and its simulator with it", async () => {
    const gateway = await startGateway();
    gateway.process.kill("SIGTERM");
    expect(await gateway.running.ended).toEqual({ code: 0, signal: null });
    await gateway.stop();
  });
});

describe("edit", () => {
  test("writes the picture beside the other, and says what it cost", async () => {
    const gateway = await startGateway({
      config: configFor(simulator, {
        groups,
        settings: { general_settings: { master_key: "sk-of-the-file" } },
      }),
    });
    const photo = join(folder, "photo.png");
    writeFileSync(photo, picture);
    const edit = (...flags: readonly string[]): Promise<Ended> =>
      ended(command("edit", photo, "Add a red hat", "--url", gateway.url, ...flags));

    const told = await edit("--key", "sk-of-the-file");
    expect(told).toMatchObject({ code: 0, complaints: "" });
    expect(told.output).toContain(join(folder, "edited.png"));
    expect(told.output).toMatch(/^cost +\$0\.\d+$/m);
    expect(told.output).toMatch(/^deployment +edits-(one|two)$/m);
    const pngStart = Buffer.from("89504e470d0a1a0a", "hex");
    expect(readFileSync(join(folder, "edited.png")).subarray(0, 8)).toEqual(pngStart);

    const asJson = await edit(
      "--key",
      "sk-of-the-file",
      "-n",
      "2",
      "--output",
      join(folder, "hat.png"),
      "--json",
    );
    const result = JSON.parse(asJson.output) as Record<string, unknown>;
    expect(result).toEqual({
      files: [join(folder, "hat.png"), join(folder, "hat-2.png")],
      costUsd: expect.stringMatching(/^0\.\d+$/) as unknown,
      deployment: expect.stringMatching(/^edits-(one|two)$/) as unknown,
      requestId: expect.stringMatching(/^req_/) as unknown,
      seconds: expect.any(Number) as unknown,
    });
    expect(readdirSync(folder).sort()).toEqual(["edited.png", "hat-2.png", "hat.png", "photo.png"]);

    const refused = await edit();
    expect(refused.code).toBe(1);
    expect(refused.complaints).toContain("No API key was sent");
    await gateway.stop();
    const lonely = await edit();
    expect(lonely.code).toBe(1);
    expect(lonely.complaints).toContain(`No gateway answers at ${gateway.url}`);
  });
});
