/**
 * What a user of the libraries gets: packs router and cost-calculator, installs them with npm in an empty project outside
 * this one, compiles a program against their types and lets it edit an image through the simulator.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { runNode } from "../run-node.mjs";
import { npmCommandLine, root } from "../setup.mjs";
import { withoutUserSettings } from "../user-settings.mjs";

const libraries = ["cost-calculator", "router"];
const env = withoutUserSettings(process.env);

/** Uses what the documents show, with types strict enough to notice an `any`. */
const program = `
import { formatUsd } from "@darkroom/cost-calculator";
import { createRouter, imageEdit } from "@darkroom/router";

const [image, apiBase, apiKey] = process.argv.slice(2) as [string, string, string];
const one = await imageEdit({ model: "gpt-image-1", image, prompt: "Add a red hat" });
const router = createRouter({ deployments: [{ group: "gpt-image-1", apiKey, apiBase }] });
const two = await router.imageEdit({ image, prompt: "Add a red hat", n: 2 });
let events = 0;
for await (const event of router.imageEdit({ image, prompt: "Add a red hat", stream: true, partialImages: 2 })) {
  if (event.b64_json !== undefined) events += 1;
}
const cost: bigint = two.report.cost?.nanoUsd ?? 0n;
console.log(JSON.stringify({ one: one.data.length, two: two.data.length, events, usd: formatUsd(cost) }));
`;

const folder = mkdtempSync(join(tmpdir(), "darkroom-packages-"));
try {
  install(libraries.map(pack));
  compile();
  await edit();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** pnpm packs, not npm: it puts versions in the place of `workspace:` and `catalog:`. */
function pack(name) {
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const args = ["exec", "--yes", packageManager, "--", "pack", "--pack-destination", folder];
  expectPassed(
    `packing ${name}`,
    runNode([npmCommandLine(), ...args], { cwd: join(root, "packages", name) }),
  );
  return join(
    folder,
    readdirSync(folder).find((file) => file.startsWith(`darkroom-${name}-`)),
  );
}

function install(tarballs) {
  writeFileSync(join(folder, "package.json"), '{ "name": "user", "private": true, "type": "module" }');
  const args = ["install", "--no-audit", "--no-fund", "--no-save", ...tarballs];
  expectPassed("npm install", runNode([npmCommandLine(), ...args], { cwd: folder, env }));
}

function compile() {
  writeFileSync(join(folder, "program.ts"), program);
  const typescript = join(root, "node_modules", "typescript-native", "bin", "tsc");
  const types = ["--typeRoots", join(root, "node_modules", "@types"), "--types", "node"];
  const strict = ["--strict", "--module", "nodenext", "--target", "es2023", "program.ts"];
  expectPassed("compiling against the types", runNode([typescript, ...types, ...strict], { cwd: folder }));
}

async function edit() {
  const simulator = spawn(
    process.execPath,
    [
      join(root, "packages", "simulator", "dist", "main.js"),
      "--port",
      "0",
      "--json",
      "--quiet",
      "--exit-with-parent",
    ],
    { env, stdio: ["pipe", "pipe", "inherit"] },
  );
  try {
    const [line] = await once(createInterface(simulator.stdout), "line");
    const apiBase = `${JSON.parse(line).url}/v1`;
    const apiKey = "sk-simulator-one";
    const image = join(root, "packages", "proxy", "samples", "photo.png");
    const run = await outputOf(
      spawn(process.execPath, ["program.js", image, apiBase, apiKey], {
        cwd: folder,
        env: { ...env, OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: apiBase },
        stdio: ["ignore", "pipe", "inherit"],
      }),
    );
    const { one, two, events, usd } = JSON.parse(run);
    if (one !== 1 || two !== 2 || events !== 3 || !(Number(usd) > 0))
      throw new Error(`unexpected result: ${run}`);
  } finally {
    simulator.kill();
  }
}

async function outputOf(child) {
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (printed += text));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`the program ended with code ${code}: ${printed}`);
  return printed;
}

function expectPassed(what, { passed, output }) {
  if (!passed) throw new Error(`${what} failed:\n${output}`);
}
