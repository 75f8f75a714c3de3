/**
 * `node scripts/bench/blocking.mjs`: does one large edit keep others waiting? Sends one at a time and shows how late
 * Darkroom's event loop was at the most meanwhile, as Darkroom itself measures it.
 */
import { randomBytes } from "node:crypto";
import http from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setUp } from "../setup.mjs";
import { readGauges } from "./gauges.mjs";
import { clientModel } from "./payloads.mjs";
import { table } from "./report/table.mjs";
import { runTarget } from "./run-target.mjs";
import { median } from "./statistics.mjs";
import { darkroom } from "./targets/darkroom.mjs";

const mebibyte = 1024 ** 2;
const rounds = 7;
const answer = JSON.stringify({ created: 1, data: [{ b64_json: "QUJD".repeat(512 * 1024) }] });
const form = "multipart/form-data; boundary=edge";
const head =
  `--edge\r\ncontent-disposition: form-data; name="prompt"\r\n\r\nAdd a hat\r\n` +
  `--edge\r\ncontent-disposition: form-data; name="model"\r\n\r\n${clientModel}\r\n` +
  `--edge\r\ncontent-disposition: form-data; name="image"; filename="a.png"\r\ncontent-type: image/png\r\n\r\n`;

const formOf = (image) => Buffer.concat([Buffer.from(head), image, Buffer.from("\r\n--edge--\r\n")]);
const jsonOf = (bytes) => {
  const image_url = `data:image/png;base64,${randomBytes(bytes).toString("base64")}`;
  return Buffer.from(JSON.stringify({ model: clientModel, prompt: "Add a hat", images: [{ image_url }] }));
};

const edits = [
  ["form of 64 KiB", form, () => formOf(randomBytes(64 * 1024))],
  ["form of 4 MiB", form, () => formOf(randomBytes(4 * mebibyte))],
  ["form of 60 MiB", form, () => formOf(randomBytes(60 * mebibyte))],
  ["form of 60 MiB, all but boundaries", form, () => formOf(Buffer.alloc(60 * mebibyte, "\r\n--"))],
  [
    "form of 30 MiB for the parser of record",
    form,
    () => Buffer.concat([Buffer.from("preamble\r\n"), formOf(randomBytes(30 * mebibyte))]),
  ],
  ["JSON with an image of 4 MiB", "application/json", () => jsonOf(4 * mebibyte)],
  ["JSON with an image of 44 MiB", "application/json", () => jsonOf(44 * mebibyte)],
];

setUp();
const folder = mkdtempSync(join(tmpdir(), "darkroom-blocking-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
const upstream = http.createServer((request, response) => {
  request.resume().once("end", () => response.setHeader("content-type", "application/json").end(answer));
});
await new Promise((resolve) => upstream.listen(0, "127.0.0.1", resolve));
const gateway = await runTarget(darkroom, { upstreamPort: upstream.address().port, folder });
try {
  await measure();
} finally {
  await gateway.end();
  upstream.closeAllConnections();
  upstream.close();
}

async function measure() {
  const rows = [];
  for (const [name, type, make] of edits) {
    const late = [];
    for (let round = 0; round < rounds; round += 1) {
      const body = make();
      // Each reading begins anew.
      await readGauges(gateway);
      await send(type, body);
      late.push((await readGauges(gateway)).loopLateMs);
    }
    const [first, ...others] = late;
    rows.push(
      [name, first, median(others), Math.max(...others)].map((cell) =>
        cell.toFixed ? cell.toFixed(1) : cell,
      ),
    );
  }
  console.log(table(["one edit at a time", "the first, ms late", "median of the others", "most"], rows));
}

async function send(type, body) {
  const status = await new Promise((resolve, reject) => {
    const request = http.request(`http://127.0.0.1:${gateway.port}/v1/images/edits`, {
      method: "POST",
      headers: { ...gateway.headers, "content-type": type, "content-length": body.length },
    });
    request.once("error", reject);
    request.once("response", (response) => {
      response.resume().once("end", () => resolve(response.statusCode));
    });
    request.end(body);
  });
  if (status !== 200) throw new Error(`An edit was answered with status ${status}.`);
}
