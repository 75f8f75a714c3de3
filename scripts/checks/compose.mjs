/**
 * `deploy/compose/` as far as it can be checked without containers: Compose's own reading of the file, what it must hold for
 * the books to be safe, the config that its gateways read, and the balancer's file by a real nginx before two gateways.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { havePrograms } from "../debian-packages.mjs";
import { runNode } from "../run-node.mjs";
import { root, setUp } from "../setup.mjs";

setUp();
// These read what is compiled by now.
const { checkBalancer } = await import("./compose/balancer.mjs");
const { stopAll } = await import("../../packages/proxy/dist/system/running-process.js");
const { parse } = createRequire(join(root, "packages", "proxy", "package.json"))("yaml");

const folder = join(root, "deploy", "compose");
const composeFile = join(folder, "compose.yaml");
/** Longer than a gateway lets its edits run on after SIGTERM. */
const drainSeconds = 600;

try {
  if (havePrograms(["docker-compose", "nginx"], ["docker-compose", "nginx-light"])) {
    checkFile();
    checkGatewayConfig();
    await checkBalancer(join(folder, "nginx.conf"));
    console.log("Compose file, config and balancer hold.");
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await stopAll();
}

function checkFile() {
  const example = variablesOf(readFileSync(join(folder, ".env.example"), "utf8"));
  const values = Object.fromEntries([...example.keys()].map((name) => [name, `value-of-${name}`]));
  const environment = { ...values, DARKROOM_ADDRESS: "127.0.0.1", DARKROOM_PORT: "4000" };
  const { services, volumes } = parse(composed(environment));

  const broken = [];
  const expect = (holds, what) => holds || broken.push(what);
  for (const name of secretsIn(example)) {
    expect(example.get(name) === "", `.env.example holds a value for ${name}`);
    expect(spawnCompose({ ...environment, [name]: "" }).status !== 0, `it starts without ${name}`);
  }
  const text = readFileSync(composeFile, "utf8");
  const used = [...text.matchAll(/(?<!\$)\$\{(\w+)/g)].map(([, name]) => name);
  for (const name of used) expect(example.has(name), `.env.example does not tell of ${name}`);

  const gateways = Object.entries(services).filter(([name]) => name.startsWith("gateway-"));
  const dataVolumes = gateways.map(([, { volumes: mounts }]) => sourceOf(mounts, "/data"));
  expect(gateways.length >= 2, "there are fewer than two gateways");
  expect(new Set(dataVolumes).size === gateways.length, "gateways share a data volume");
  for (const volume of dataVolumes) expect(volume in volumes, `${volume} is no named volume`);
  for (const [name, { stop_grace_period: grace, environment: given }] of gateways) {
    expect(secondsOf(grace) > drainSeconds, `${name} is killed before its edits have ended`);
    expect(given.REDIS_URL && given.DATABASE_URL, `${name} is alone`);
  }
  expect(
    secondsOf(services.balancer.stop_grace_period) > drainSeconds,
    "the balancer ends before the gateways",
  );
  for (const [name, service] of Object.entries(services)) {
    expect(service.healthcheck !== undefined, `${name} has no healthcheck`);
    for (const mount of (service.volumes ?? []).map(String)) {
      const [source] = mount.split(":");
      expect(!source.startsWith("/") || existsSync(source), `${name} mounts ${source}, which is not there`);
    }
  }
  const redis = services.redis.command.join(" ");
  for (const flag of ["--maxmemory-policy noeviction", "--appendonly yes"])
    expect(redis.includes(flag), `Redis lacks ${flag}`);
  for (const [service, path] of Object.entries({ redis: "/data", postgres: "/var/lib/postgresql/data" }))
    expect(sourceOf(services[service].volumes, path) in volumes, `${service} keeps its data on no volume`);

  const named = gateways.map(([name]) => `${name}:4000`).sort();
  const balanced = readFileSync(join(folder, "nginx.conf"), "utf8").matchAll(/^ *server (\S+:\d+) /gm);
  expect(same([...balanced].map(([, address]) => address).sort(), named), "nginx.conf names other gateways");
  const scraped = parse(readFileSync(join(root, "deploy", "prometheus", "prometheus.yml"), "utf8"));
  const targets = scraped.scrape_configs[0].static_configs[0].targets;
  expect(same([...targets].sort(), named), "prometheus.yml names other gateways");
  if (broken.length > 0) throw new Error(`deploy/compose:\n${broken.map((what) => `- ${what}`).join("\n")}`);
}

function composed(environment) {
  const { status, stdout, stderr } = spawnCompose(environment);
  if (status !== 0) throw new Error(`docker-compose config:\n${stderr}`);
  return stdout;
}

/** With a file of variables of its own, in the place of a .env that may be here. */
function spawnCompose(environment) {
  const own = mkdtempSync(join(tmpdir(), "darkroom-compose-"));
  try {
    const file = join(own, "env");
    writeFileSync(
      file,
      Object.entries(environment)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(""),
    );
    const env = { PATH: process.env.PATH, HOME: process.env.HOME };
    const args = ["--env-file", file, "--file", composeFile, "config"];
    return spawnSync("docker-compose", args, { env, encoding: "utf8" });
  } finally {
    rmSync(own, { recursive: true });
  }
}

/** As a gateway of the fleet would check it. */
function checkGatewayConfig() {
  const env = {
    PATH: process.env.PATH,
    OPENAI_API_KEY_1: "sk-1",
    OPENAI_API_KEY_2: "sk-2",
    DARKROOM_MASTER_KEY: "sk-3",
  };
  const program = join(root, "packages", "proxy", "dist", "main.js");
  const { passed, output } = runNode([program, "check", "--config", join(folder, "config.yaml")], { env });
  if (!passed) throw new Error(`deploy/compose/config.yaml:\n${output}`);
}

function variablesOf(text) {
  return new Map([...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]));
}

/** What nobody may leave empty. */
function secretsIn(example) {
  return [...example.keys()].filter((name) => /_PASSWORD$|MASTER_KEY$/.test(name));
}

function sourceOf(mounts, path) {
  const mount = mounts.map(String).find((one) => one.split(":")[1] === path);
  return mount?.split(":")[0];
}

function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Of `11m`, `11m0s`, `90s`. */
function secondsOf(duration = "") {
  const [, minutes = 0, seconds = 0] = /^(?:(\d+)m)?(?:(\d+)s)?$/.exec(duration) ?? [];
  return 60 * minutes + Number(seconds);
}
