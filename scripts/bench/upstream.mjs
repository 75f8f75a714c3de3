/**
 * The fake images API behind every target, a process of its own (started by `upstream-process.mjs`). It receives a whole
 * upload, checks it, and only then answers. A wrong upload is answered by an error, which the load generator finds to be a
 * wrong answer, so that nothing that goes wrong can go unnoticed.
 */
import net from "node:net";
import { answerBytes, errorAnswer } from "./answer-bytes.mjs";
import { HttpReader } from "./http-reader.mjs";
import { answerOf, eventPauseMs, parsePayload, uploadOf } from "./payloads.mjs";
import { UploadCheck } from "./upload-check.mjs";

/** What is expected and answered at the moment. */
let work;
let counts;

process.on("message", ({ configure }) => {
  if (configure !== undefined) {
    work = workOf(configure);
    counts = { uploads: 0, wrong: 0 };
  }
  process.send({ counts });
});
process.once("disconnect", () => process.exit());

const server = net.createServer({ noDelay: true }, serve);
server.listen({ port: 0, host: "127.0.0.1", backlog: 1024 }, () =>
  process.send({ port: server.address().port }),
);

/** @param {{ payload: string, model: string, delayMs: number }} settings `model`: the one that must arrive */
function workOf({ payload, model, delayMs }) {
  const parsed = parsePayload(payload);
  const { image, fields } = uploadOf(parsed);
  const answer = answerBytes(answerOf(parsed), parsed.isStream);
  return { wanted: { image, fields: { ...fields, model } }, answer, delayMs };
}

function serve(socket) {
  let check;
  let firstLine;
  const reader = new HttpReader({
    onHead(line, headers) {
      firstLine = line;
      if (/\r\nexpect: *100/i.test(headers)) socket.write("HTTP/1.1 100 Continue\r\n\r\n");
      const [, boundary] =
        /\r\ncontent-type: *multipart\/form-data; *boundary="?([^"\r;]+)/i.exec(headers) ?? [];
      check = boundary === undefined ? undefined : new UploadCheck(work.wanted, boundary);
    },
    onBody(bytes) {
      check?.push(bytes);
    },
    onEnd() {
      if (!firstLine.startsWith("POST /v1/images/edits ")) refuse(socket, `request '${firstLine}'`);
      else reply(socket, check === undefined ? "an upload that is not multipart" : check.fault());
    },
  });
  socket.on("data", (bytes) => reader.push(bytes));
  // A target that closes its connection counts as an answer that did not arrive.
  socket.on("error", () => socket.destroy());
}

function reply(socket, fault) {
  counts.uploads += 1;
  if (fault !== undefined) return refuse(socket, fault);
  const { answer, delayMs } = work;
  if (delayMs === 0) send(socket, answer);
  else setTimeout(() => send(socket, answer), delayMs);
}

/** One timer after the other: two that run at once may fire in either order on a busy machine. */
function send(socket, [piece, ...rest]) {
  if (socket.destroyed) return;
  socket.write(piece);
  if (rest.length > 0) setTimeout(() => send(socket, rest), eventPauseMs);
}

function refuse(socket, fault) {
  counts.wrong += 1;
  counts.firstFault ??= fault;
  const message = `The benchmark's upstream did not expect ${fault}.`;
  socket.write(errorAnswer("400 Bad Request", message, "wrong_upload"));
}
