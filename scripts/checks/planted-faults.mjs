/**
 * Shows that each check can fail: `node scripts/checks/planted-faults.mjs [words of a name]`. A copy of the project gets its own
 * installation in a temporary folder; there one fault after another is planted, the check that must find it is run, and
 * its report must name the fault. Nothing is planted in the project itself. Five minutes; not part of `.ci/run`.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { runNode } from "../run-node.mjs";
import { root } from "../setup.mjs";

const source = "packages/cost-calculator/src";
/** Few edits will do: each of the mistakes planted here concerns a good part of them. */
const proof = {
  run: ["scripts/reconcile-bill.mjs", "--edits", "300"],
  says: [/told \d+, billed \d+/, /^[1-9]\d* DIFFERENCES$/m],
};
const estimates = {
  run: ["scripts/measure-estimates.mjs"],
  says: [/estimated \d+, billed \d+/, /, [1-9]\d* above their estimate$/m],
};
const drill = { run: ["scripts/fault-drill.mjs", "--short", "--seconds", "3"] };
const killDrill = { run: ["scripts/kill-drill.mjs", "--seconds", "10", "--seed", "1"] };
const fleetDrill = { run: ["scripts/fleet-drill.mjs", "--seconds", "20", "--seed", "1"] };
const charge = "packages/simulator/src/bill/charge.ts";
const attempt = "packages/router/src/attempt.ts";
const answerCost = "packages/router/src/answer/answer-cost.ts";
const someTests = ["scripts/test.mjs", "--selectProjects", "cost-calculator"];

/** `change`: file → its new text, made from the old one (empty if there is none). `says`: what the report must contain. */
const faults = {
  "a failing test": {
    run: someTests,
    change: { [`${source}/planted.test.ts`]: () => 'test("planted", () => expect(1 + 1).toBe(3));\n' },
    says: [/● planted/, /^[1-9]\d* passed, 1 failed$/m],
  },
  "a test file that cannot be loaded": {
    run: someTests,
    change: { [`${source}/planted.test.ts`]: () => 'throw new Error("planted");\n' },
    says: [/suite failed to run/, /^[1-9]\d* passed, 1 failed$/m],
  },
  "a skipped test under CI": {
    run: someTests,
    env: { CI: "true" },
    change: { [`${source}/planted.test.ts`]: () => 'test.skip("planted", () => expect(1).toBe(1));\n' },
    says: [/Skipped tests make the run fail/, /^[1-9]\d* passed, 0 failed, 1 skipped$/m],
  },
  "a test runner that crashes": {
    run: ["scripts/test.mjs", "--config", "no-such-file.json"],
    change: {},
    says: [/ended before it could count/, /^0 passed, 1 failed$/m],
  },
  "a test run of a project that does not compile": {
    run: someTests,
    change: { [`${source}/planted.ts`]: () => 'export const planted: number = "text";\n' },
    says: [/Compiling the packages failed/, /^0 passed, 1 failed$/m],
  },
  "a type error": {
    run: ["scripts/check.mjs", "types"],
    change: { [`${source}/planted.ts`]: () => 'export const planted: number = "text";\n' },
    says: [/planted\.ts.*TS2322/, /^Failed: types/m],
  },
  "a floating promise": {
    run: ["scripts/check.mjs", "lint"],
    change: {
      [`${source}/planted.ts`]: () =>
        "export const planted = (): void => {\n  Promise.reject(new Error());\n};\n",
    },
    says: [/planted\.ts/, /no-floating-promises$/m, /^Failed: lint/m],
  },
  "an unsafe any": {
    run: ["scripts/check.mjs", "lint"],
    change: { [`${source}/planted.ts`]: () => 'export const planted: number = JSON.parse("1");\n' },
    says: [/planted\.ts/, /no-unsafe-assignment$/m, /^Failed: lint/m],
  },
  "a switch that misses a case": {
    run: ["scripts/check.mjs", "lint"],
    change: {
      [`${source}/planted.ts`]: () => `export function planted(kind: "a" | "b"): number {
  switch (kind) {
    case "a":
      return 1;
  }
  return 2;
}
`,
    },
    says: [/planted\.ts/, /switch-exhaustiveness-check$/m, /^Failed: lint/m],
  },
  "a misspelt name in a script": {
    run: ["scripts/check.mjs", "lint"],
    change: { "scripts/build.mjs": (text) => `${text}plantedName();\n` },
    says: [/build\.mjs/, /no-undef$/m, /^Failed: lint/m],
  },
  "bad format": {
    run: ["scripts/check.mjs", "format"],
    change: { [`${source}/planted.ts`]: () => "export const planted  = [ 1,2 ]\n" },
    says: [/planted\.ts/, /^Failed: format/m],
  },
  "an unused export": {
    run: ["scripts/check.mjs", "unused"],
    change: { [`${source}/money.ts`]: (text) => `${text}export const planted = 1;\n` },
    says: [/^\s*planted .*money\.ts/m, /^Failed: unused/m],
  },
  "an unused file": {
    run: ["scripts/check.mjs", "unused"],
    change: { [`${source}/planted.ts`]: () => "export const planted = 1;\n" },
    says: [/Unused files/, /planted\.ts/, /^Failed: unused/m],
  },
  "an unused dependency": {
    run: ["scripts/check.mjs", "unused"],
    change: { "packages/cost-calculator/package.json": (text) => withDependency(text, "yaml") },
    says: [/^\s*yaml .*cost-calculator\/package\.json/m, /^Failed: unused/m],
  },
  "an import in the wrong direction": {
    run: ["scripts/check.mjs", "dependency-direction"],
    change: { [`${source}/planted.ts`]: () => 'import "@darkroom/router";\n' },
    says: [/planted\.ts imports @darkroom\/router/, /^Failed: dependency-direction/m],
  },
  "an import past a package's front door": {
    run: ["scripts/check.mjs", "dependency-direction"],
    change: { [`${source}/planted.ts`]: () => 'export * from "../../router/src/router.js";\n' },
    says: [/planted\.ts imports \.\.\/\.\.\/router/, /^Failed: dependency-direction/m],
  },
  "a dependency in the wrong direction": {
    run: ["scripts/check.mjs", "dependency-direction"],
    change: { "packages/accounts/package.json": (text) => withDependency(text, "@darkroom/router") },
    says: [/accounts\/package\.json names @darkroom\/router/, /^Failed: dependency-direction/m],
  },
  "the simulator imported instead of started": {
    run: ["scripts/check.mjs", "dependency-direction"],
    change: { "packages/proxy/src/planted.ts": () => 'await import("@darkroom/simulator/main");\n' },
    says: [/planted\.ts imports @darkroom\/simulator/, /^Failed: dependency-direction/m],
  },
  "express outside proxy and simulator": {
    run: ["scripts/check.mjs", "dependency-direction"],
    change: { "packages/accounts/src/planted.ts": () => 'import type { Request } from "express";\n' },
    says: [/planted\.ts imports express/, /^Failed: dependency-direction/m],
  },
  "a simulator that bills cached tokens in full": {
    ...proof,
    change: { [charge]: replaced("[prices.cachedImageInput, cached", "[prices.imageInput, cached") },
  },
  "a simulator that bills several pictures without usage as one": {
    ...proof,
    change: { [charge]: replaced("BigInt(images)", "BigInt(Math.min(images, 1))") },
  },
  "a simulator with another price of one model": {
    ...proof,
    change: {
      "packages/simulator/src/bill/prices.ts": replaced(
        '"chatgpt-image-latest": { tokens: first',
        '"chatgpt-image-latest": { tokens: second',
      ),
    },
  },
  "a simulator that does not round but truncates": {
    ...proof,
    change: { [charge]: replaced("(2n * amount + divisor) / (2n * divisor)", "amount / divisor") },
  },
  "a calculator that does not round but truncates": {
    ...proof,
    change: {
      [`${source}/breakdown.ts`]: replaced("(2n * exact + divisor) / (2n * divisor)", "exact / divisor"),
    },
  },
  "a calculator that prices cached images in full": {
    ...proof,
    change: {
      [`${source}/cost.ts`]: replaced(
        "times(tokens.cachedImageInput, rates.cachedImageInput)",
        "times(tokens.cachedImageInput, rates.imageInput)",
      ),
    },
  },
  "a gateway that does not see cached tokens": {
    ...proof,
    change: {
      [answerCost]: replaced(
        "usage: facts.usage",
        'usage: JSON.parse(JSON.stringify(facts.usage ?? null).replaceAll("cached_tokens", "other"))',
      ),
    },
  },
  "a gateway that prices several pictures without usage as one": {
    ...proof,
    change: { [answerCost]: replaced("images: facts.images", "images: Math.min(facts.images, 1)") },
  },
  "a gateway that prices the first picture of a stream alone": {
    ...proof,
    change: { [answerCost]: replaced("all.map((facts)", "all.slice(0, 1).map((facts)") },
  },
  "an estimate that forgets what an image costs without usage": {
    ...estimates,
    change: {
      [`${source}/estimate.ts`]: replaced("byImage.nanoUsd > bound.nanoUsd ? byImage : bound", "bound"),
    },
  },
  "an estimate that forgets partial images": {
    ...estimates,
    change: {
      [`${source}/estimate.ts`]: replaced(
        "tokensPerPartialImage * partialImages",
        "tokensPerPartialImage * Math.min(partialImages, 1)",
      ),
    },
  },
  "a router that goes on calling whoever fails": {
    ...drill,
    change: {
      "packages/router/src/health/failure-counts.ts": replaced(
        "if (this.#inARow >= consecutiveFailures) return true;",
        "if (this.#inARow < consecutiveFailures * 1000) return false;",
      ),
    },
    says: [/^one killed: \d+ attempts for \d+ edits, where \d+ are enough$/m],
  },
  "a router that goes to the fallback in place of another deployment": {
    ...drill,
    change: {
      "packages/router/src/retries/retries.ts": replaced(
        "retry >= limit.retries",
        "retry >= 0 * limit.retries",
      ),
    },
    says: [/^one answers 500: \d+ of \d+ edits went to the fallback, /m],
  },
  "a router that gives up where a server fails": {
    ...drill,
    change: {
      "packages/router/src/retries/classification.ts": replaced(
        'errorClass: "InternalServerError",\n  next: "anywhere"',
        'errorClass: "InternalServerError",\n  next: "give up"',
      ),
    },
    says: [/^one answers 500: \d+ of \d+ edits were served, where all could be$/m],
  },
  "a gateway that sends before its intent is written": {
    run: ["scripts/test.mjs", "packages/proxy/src/system/kill-points.test.ts"],
    change: {
      "packages/router/src/journal/attempt-entry.ts": replaced(
        "this.#written.then(resolve, ",
        "resolve();\n      this.#written.then(resolve, ",
      ),
    },
    says: [/● killed › before the intent is on the disk/, /^\d+ passed, [1-9]\d* failed$/m],
  },
  "a gateway that releases an answer before its outcome is written": {
    ...killDrill,
    change: {
      [attempt]: replaced("if (received.release !== undefined) await progress.concluded;", ""),
    },
    says: [/: an answer was released whose outcome was not written$/m, /^[1-9]\d* DIFFERENCES$/m],
  },
  "gateways that overlook what others have reserved": {
    ...fleetDrill,
    change: {
      "packages/router/src/admission/redis/scripts/admit.ts": replaced(
        "if m.used + m.reserved + m.asked + amount > limit then",
        "if m.used + m.asked + amount > limit then",
      ),
    },
    says: [/: \d+ spent and \d+ reserved at \S+, of \d+$/m, /^[1-9]\d* DIFFERENCES$/m],
  },
  "meters that are charged the estimate in place of the cost": {
    ...fleetDrill,
    change: {
      "packages/router/src/admission/redis/scripts/settle.ts": replaced(
        "settle_taken(owner, taken, used)",
        "settle_taken(owner, taken, nil)",
      ),
    },
    says: [/^the meter \S+ of \d+ has \d+, its rows come to /m, /^[1-9]\d* DIFFERENCES$/m],
  },
  "a Redis that throws out limits when memory is short": {
    run: ["scripts/check.mjs", "compose"],
    change: { "deploy/compose/compose.yaml": replaced("- noeviction", "- allkeys-lru") },
    says: [/Redis lacks --maxmemory-policy noeviction$/m, /^Failed: compose/m],
  },
  "gateways that share a journal's volume": {
    run: ["scripts/check.mjs", "compose"],
    change: { "deploy/compose/compose.yaml": replaced("- gateway-2:/data", "- gateway-1:/data") },
    says: [/gateways share a data volume$/m, /^Failed: compose/m],
  },
  "a balancer that takes no images": {
    run: ["scripts/check.mjs", "compose"],
    change: { "deploy/compose/nginx.conf": replaced("client_max_body_size 80m", "client_max_body_size 1m") },
    says: [/The balancer answered 413/, /^Failed: compose/m],
  },
  "an alert that never fires": {
    run: ["scripts/check.mjs", "dashboard"],
    change: {
      "deploy/prometheus/rules/alerts.yml": replaced(
        "darkroom_uncertain_usd > 10",
        "darkroom_uncertain > 10",
      ),
    },
    says: [/name: much that nobody knows for ten minutes/, /^Failed: dashboard/m],
  },
  "a panel without figures": {
    run: ["scripts/check.mjs", "dashboard"],
    change: {
      "deploy/grafana/dashboards/darkroom.json": replaced("darkroom_queued_total", "darkroom_waited_total"),
    },
    says: [/^ *- Edits that had to wait$/m, /^Failed: dashboard/m],
  },
};

const words = process.argv.slice(2).join(" ");
const planted = Object.entries(faults).filter(([name]) => name.includes(words));
if (planted.length === 0) throw new Error(`No fault has a name with '${words}'.`);

const started = performance.now();
const copy = mkdtempSync(join(tmpdir(), "darkroom-planted-faults-"));
try {
  const made = new Set(["node_modules", "dist", ".git"]);
  cpSync(root, copy, {
    recursive: true,
    filter: (path) => !made.has(basename(path)) && path !== join(root, "data"),
  });
  const { passed, output } = runNode(["scripts/build.mjs"], { cwd: copy });
  if (!passed) throw new Error(`The project does not build even without a fault:\n${output}`);
  const found = planted.map(([name, fault]) => plant(name, fault));
  if (found.includes(false)) process.exitCode = 1;
} finally {
  rmSync(copy, { recursive: true, force: true });
}
console.log(`${planted.length} faults in ${Math.round((performance.now() - started) / 1000)} s`);

function plant(name, { run, env, change, says }) {
  const before = Object.keys(change).map((path) => [join(copy, path), textOf(join(copy, path))]);
  for (const [path, text] of Object.entries(change))
    writeFileSync(join(copy, path), text(textOf(join(copy, path)) ?? ""));
  const { passed, output } = runNode(run, {
    cwd: copy,
    env: { ...process.env, CI: undefined, INIT_CWD: undefined, ...env },
  });
  for (const [path, text] of before) {
    if (text === undefined) rmSync(path);
    else writeFileSync(path, text);
  }

  const found = !passed && says.every((pattern) => pattern.test(output));
  console.log(`${name} → ${run.join(" ")} → ${found ? "failed as it should" : "NOT FOUND"}`);
  if (!found) console.log(output.trim().replace(/^/gm, "  "));
  return found;
}

/** @throws Error if the text to plant the fault in is no longer there */
function replaced(old, planted) {
  return (text) => {
    if (!text.includes(old)) throw new Error(`Nothing to plant a fault in: ${old}`);
    return text.replace(old, planted);
  };
}

function textOf(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function withDependency(manifest, name) {
  const { dependencies, ...rest } = JSON.parse(manifest);
  return JSON.stringify({ ...rest, dependencies: { ...dependencies, [name]: "*" } }, null, 2);
}
