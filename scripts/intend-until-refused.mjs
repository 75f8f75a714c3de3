/**
 * `node scripts/intend-until-refused.mjs FOLDER [--fill]`, started by `failing-disk.mjs`: writes intents until one is refused,
 * and says how the journal goes on. It ends without closing it, as a crash would. `--fill` takes all room on the disk after
 * some intents, and gives it back in the end.
 */
import { appendFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Journal } from "../packages/accounts/dist/index.js";

const [folder, flag] = process.argv.slice(2);
const fills = flag === "--fill";
const ballast = join(folder, "ballast");
const intentsBeforeFilling = 20;
const mostIntents = 1_000;

let onHealed;
const healed = new Promise((resolve) => {
  onHealed = resolve;
});
const journal = await Journal.open({
  folder,
  onStateChange(state) {
    console.log(`state: ${JSON.stringify(state)}`);
    if (state.name === "writing") onHealed();
  },
});

let told = 0;
while (told < mostIntents && (await tried(journal.intend(intentOf(told))))) {
  told += 1;
  if (fills && told === intentsBeforeFilling) fill();
}
console.log(`told: ${told} intents`);
await tried(journal.conclude(outcomeOf(0)), "the outcome of an intent");
await tried(journal.intend(intentOf(mostIntents)), "a later intent");
if (fills) {
  rmSync(ballast);
  await healed;
  await tried(journal.intend(intentOf(mostIntents)), "an intent after room was made");
  console.log(`entries: ${journal.committed}`);
}
process.exit();

async function tried(promise, what) {
  try {
    await promise;
    if (what !== undefined) console.log(`${what}: written`);
    return true;
  } catch ({ message, heals, kept }) {
    console.log(`${what ?? "an intent"}: ${message} (heals: ${heals}, kept: ${kept})`);
    return false;
  }
}

function fill() {
  for (let size = 65_536; size >= 1; size /= 2) {
    try {
      for (;;) appendFileSync(ballast, Buffer.alloc(size));
    } catch {
      // No room for so much; there may be for less.
    }
  }
}

function intentOf(number) {
  return {
    attemptId: `attempt-${number}`,
    requestId: `request-${number}`,
    atMs: Date.now(),
    requestedModel: "gpt-image-1",
    group: "gpt-image-1",
    deploymentId: "openai",
    provider: "openai",
    model: "gpt-image-1",
    retry: 0,
    fallback: 0,
    n: 1,
    stream: false,
    inputImages: 1,
    promptBytes: 20,
    charges: [],
    estimateNanoUsd: 250_000_000n,
    priceVersion: "1",
  };
}

function outcomeOf(number) {
  return {
    attemptId: `attempt-${number}`,
    atMs: Date.now(),
    state: "certain",
    costNanoUsd: 170_000_000n,
    images: 1,
    durationMs: 1,
  };
}
