import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { addFault, goodForm, image, png, postForm, recorded, until } from "./simulator.test.support.js";

const packageFolder = fileURLToPath(new URL("..", import.meta.url));
/** The built command: `npm test` builds first. */
const command = join(packageFolder, "dist/main.js");
let folder: string;
const children: ChildProcess[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "simulator-"));
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Run {
  readonly child: ChildProcess;
  readonly output: { stdout: string; stderr: string };
  readonly firstLine: Promise<string>;
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
}

function run(...flags: string[]): Run {
  const child = spawn(process.execPath, [command, ...flags], { stdio: "pipe", env: {} });
  children.push(child);
  const output = { stdout: "", stderr: "" };
  child.stderr.on("data", (chunk: Buffer) => {
    output.stderr += chunk.toString();
  });
  const firstLine = new Promise<string>((resolve) => {
    child.stdout.on("data", (chunk: Buffer) => {
      output.stdout += chunk.toString();
      if (output.stdout.includes("\n")) resolve(output.stdout.split("\n")[0] ?? "");
    });
  });
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal }));
  });
  return { child, output, firstLine, ended };
}

function configurationFile(content: unknown): string {
  const path = join(folder, "configuration.json");
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

const tokenPrices = Object.fromEntries(
  ["textInput", "cachedTextInput", "imageInput", "cachedImageInput", "imageOutput"].map((name) => [
    name,
    "1",
  ]),
);

const urlOf = (line: string) => line.replace("simulator listening on ", "");

describe("the command", () => {
  it("says in one line where it listens, serves, and ends at once on SIGTERM", async () => {
    const { child, output, firstLine, ended } = run("--port", "0", "--quiet");
    const line = await firstLine;
    expect(line).toMatch(/^simulator listening on http:\/\/127\.0\.0\.1:\d+$/);
    expect(
      (await postForm(urlOf(line), [...goodForm.slice(0, 2), ["image", image(png(300, 200))]])).status,
    ).toBe(200);
    await addFault(urlOf(line), { fault: { kind: "hang" } });
    const hanging = postForm(urlOf(line), goodForm).catch(() => "closed");
    await until(async () => (await recorded(urlOf(line))).at(-1)?.fault === "hang");
    child.kill("SIGTERM");
    expect(await ended).toEqual({ code: 0, signal: null });
    expect(await hanging).toBe("closed");
    // Nothing but the line: no library complains about missing fonts either, in an empty environment.
    expect(output).toEqual({ stdout: `${line}\n`, stderr: "" });
  });

  it("says it as JSON if asked, and logs requests unless it is quiet", async () => {
    const { firstLine, output, child, ended } = run("--port", "0", "--json", "--draw", "off");
    const { url } = JSON.parse(await firstLine) as { url: string };
    await postForm(url, goodForm);
    child.kill("SIGTERM");
    await ended;
    expect(output.stderr).toMatch(/^POST \/v1\/images\/edits 200 \d+ms req_[0-9a-f]{32}\n$/);
  });

  it("ends when standard input closes, if asked", async () => {
    const { child, firstLine, ended } = run("--port", "0", "--exit-with-parent");
    await firstLine;
    child.stdin?.end();
    expect((await ended).code).toBe(0);
  });

  it("takes a configuration file, and flags win over it", async () => {
    const path = configurationFile({
      port: 1,
      seed: 4,
      keys: { "sk-file": "org-file" },
      draw: false,
      latency: { meanMs: 0, jitterMs: 0 },
    });
    const { firstLine } = run(
      "--config",
      path,
      "--port",
      "0",
      "--key",
      "sk-a=org-a",
      "--key",
      "sk-b=org-b",
      "--seed",
      "9",
    );
    const url = urlOf(await firstLine);
    expect(await (await fetch(`${url}/_simulator/health`)).json()).toMatchObject({ seed: 9 });
    expect((await postForm(url, goodForm, "sk-b")).headers.get("openai-organization")).toBe("org-b");
    expect((await postForm(url, goodForm, "sk-file")).status).toBe(401);
  });

  it.each([
    ["an unknown setting", { sed: 1 }, "sed"],
    ["a wrong value", { limits: { "org-one": { imagesPerMinute: -1 } } }, "limits.org-one.imagesPerMinute"],
    ["an unknown model", { models: ["gpt-image-9"] }, 'write {"id": "gpt-image-9", "like": "..."}'],
    [
      "a price that is no decimal",
      { models: [{ id: "mine", like: "gpt-image-1", prices: { textInput: "5e-6" } }] },
      "models.0",
    ],
    [
      "prices of tokens alone for a model that counts none",
      { models: [{ id: "mine", like: "dall-e-2", prices: tokenPrices }] },
      "models.0.prices.picture: counts no tokens",
    ],
    ["a wrong share", { usage: { cached: 2 } }, "usage.cached"],
    ["a wrong fault", { faults: [{ fault: { kind: "cut", share: 2 } }] }, "faults.0.fault.share"],
    ["a list", [], "must hold a JSON object"],
    ["no JSON", "{", "cannot read the configuration"],
  ])("refuses a configuration with %s and says where", async (_, content, said) => {
    const { ended, output } = run("--config", configurationFile(content));
    expect((await ended).code).toBe(1);
    expect(output.stderr).toContain(said);
    expect(output.stdout).toBe("");
  });

  it.each([[["--port", "x"]], [["--key", "sk-a"]], [["--draw", "maybe"]], [["--nothing"]]])(
    "refuses %j",
    async (flags) => {
      const { ended, output } = run(...flags);
      expect((await ended).code).toBe(1);
      expect(output.stderr).toContain(flags[0]);
    },
  );

  it("says so when the port is taken", async () => {
    const first = run("--port", "0");
    const { port } = new URL(urlOf(await first.firstLine));
    const second = run("--port", port);
    expect((await second.ended).code).toBe(1);
    expect(second.output.stderr).toContain("EADDRINUSE");
  });
});
