/**
 * `npm run bench -- --overhead`: whether `x-litellm-overhead-duration-ms` tells the truth. One edit at a time goes to the
 * upstream directly and through Darkroom in turn; what the gateway adds, seen from outside, is held against what it says.
 */
import http from "node:http";
import { answerOf, clientModel, describePayload, deploymentModel, uploadOf } from "./payloads.mjs";
import { median } from "./statistics.mjs";
import { table } from "./report/table.mjs";
import { runTarget } from "./run-target.mjs";
import { darkroom } from "./targets/darkroom.mjs";
import { clientKey } from "./targets/target.mjs";

const blocks = 20;
const editsPerBlock = 50;
/** The header may be off by so much: a share of the outside measure, or so many milliseconds. */
const allowedShare = 0.2;
const allowedMs = 0.5;

/** @returns {Promise<boolean>} whether every answer was right and the header agrees */
export async function compareOverhead({ payloads }, upstream, place) {
  const { port, end } = await runTarget(darkroom, place);
  const agent = new http.Agent({ keepAlive: true });
  const rows = [];
  try {
    for (const payload of payloads.filter(({ isStream }) => !isStream)) {
      const upload = uploadOf(payload);
      const expected = Buffer.concat(answerOf(payload).pieces);
      const measure = async (measuredPort, model) => {
        await upstream.configure({ payload: payload.text, model, delayMs: 0 });
        const answers = [];
        for (let number = 0; number < editsPerBlock; number += 1) {
          const answer = await edit(measuredPort, upload, agent);
          if (!answer.body.equals(expected)) throw new Error(`a wrong answer to ${payload.text}`);
          answers.push(answer);
        }
        return answers;
      };
      const samples = { direct: [], through: [], told: [] };
      for (let block = 0; block <= blocks; block += 1) {
        const direct = await measure(place.upstreamPort, clientModel);
        const through = await measure(port, deploymentModel);
        // The first one warms up.
        if (block === 0) continue;
        samples.direct.push(...direct.map(({ ms }) => ms));
        samples.through.push(...through.map(({ ms }) => ms));
        samples.told.push(...through.map(({ headers }) => Number(headers["x-litellm-overhead-duration-ms"])));
      }
      rows.push(rowOf(payload, samples));
    }
  } finally {
    agent.destroy();
    await end();
  }
  const head = ["payload", "direct p50 ms", "through p50 ms", "added p50 ms", "header p50 ms", "agrees"];
  console.log(
    `\n${table(head, rows)}\n\n${blocks * editsPerBlock} edits each, one at a time, in turn by ${editsPerBlock}.`,
  );
  return rows.every((row) => row.at(-1) === "yes");
}

function rowOf(payload, { direct, through, told }) {
  const added = median(through) - median(direct);
  const header = median(told);
  const agrees = Math.abs(added - header) <= Math.max(allowedMs, added * allowedShare);
  const figures = [median(direct), median(through), added, header].map((ms) => ms.toFixed(3));
  return [describePayload(payload), ...figures, agrees ? "yes" : "NO"];
}

function edit(port, { contentType, body }, agent) {
  const headers = {
    authorization: `Bearer ${clientKey}`,
    "content-type": contentType,
    "content-length": body.length,
  };
  const startedAtMs = performance.now();
  return new Promise((resolve, reject) => {
    const request = { host: "127.0.0.1", port, method: "POST", path: "/v1/images/edits", headers, agent };
    const outgoing = http.request(request, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.once("error", reject);
      answer.once("end", () => {
        const ms = performance.now() - startedAtMs;
        resolve({ ms, headers: answer.headers, body: Buffer.concat(chunks) });
      });
    });
    outgoing.once("error", reject);
    outgoing.end(body);
  });
}
