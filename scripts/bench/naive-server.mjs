/**
 * `node naive-server.mjs PORT UPSTREAM_PORT`: the gateway that one writes in an afternoon. Multer keeps the upload in memory,
 * it is put into a new form, sent by `fetch`, and the answer is parsed for its usage.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { Readable } from "node:stream";
import { root } from "../setup.mjs";
import { endWithParent } from "./end-with-parent.mjs";
import { deploymentModel } from "./payloads.mjs";
import { upstreamKey } from "./targets/target.mjs";

const requireFromProxy = createRequire(join(root, "packages", "proxy", "package.json"));
const express = requireFromProxy("express");
const multer = requireFromProxy("multer");

const [port, upstreamPort] = process.argv.slice(2).map(Number);
const application = express();
const upload = multer({ storage: multer.memoryStorage() });
let tokens = 0;

application.post("/v1/images/edits", upload.any(), async (request, response) => {
  const form = new FormData();
  for (const [name, value] of Object.entries(request.body)) {
    form.append(name, name === "model" ? deploymentModel : value);
  }
  for (const { fieldname, buffer, mimetype, originalname } of request.files) {
    form.append(fieldname, new Blob([buffer], { type: mimetype }), originalname);
  }
  const headers = { authorization: `Bearer ${upstreamKey}` };
  const answer = await fetch(`http://127.0.0.1:${upstreamPort}${request.path}`, {
    method: "POST",
    headers,
    body: form,
  });
  if (answer.headers.get("content-type") === "text/event-stream") {
    response.status(answer.status).type("text/event-stream");
    Readable.fromWeb(answer.body).pipe(response);
    return;
  }
  const json = await answer.json();
  tokens += json.usage?.total_tokens ?? 0;
  response.status(answer.status).set("x-total-tokens", String(tokens)).json(json);
});
application.listen(port, "127.0.0.1", 1024);
endWithParent();
