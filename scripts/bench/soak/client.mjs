/** One client of the soak: a connection of its own, one edit, sent and read as its manner is. */
import net from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { HttpReader } from "../http-reader.mjs";
import { answerOf, parsePayload, uploadOf } from "../payloads.mjs";

const pieceBytes = 64 * 1024;
/** Between two pieces of a slow client: 3 MiB a second. */
const piecePauseMs = 20;
/** How long who leaves stays: while the upload is held and the upstream works. */
const stayMs = 150;
const limitMs = 120_000;

/** @typedef {"usual" | "uploads slowly" | "reads slowly" | "leaves its upload" | "leaves waiting" | "leaves its answer"} Manner */

const prepared = new Map();

/**
 * @param {{ port: number, headers: Record<string, string> }} gateway
 * @param {string} payload
 * @param {Manner} manner
 * @returns {Promise<"right" | "left" | "failed" | `wrong: ${string}`>} `failed`: the client was told that the upstream
 *   had failed, as it does now and then
 */
export async function edit(gateway, payload, manner) {
  const { upload, expected } = prepare(payload);
  const socket = net.connect({ port: gateway.port, host: "127.0.0.1", noDelay: true });
  const answer = readAnswer(socket, expected, manner);
  const isSlow = manner === "uploads slowly";
  const framing = isSlow ? "Transfer-Encoding: chunked" : `Content-Length: ${upload.body.length}`;
  socket.write(headOf(gateway, payload, upload.contentType, framing));
  if (isSlow) await sendSlowly(socket, upload.body);
  else if (manner === "leaves its upload") socket.write(upload.body.subarray(0, upload.body.length / 2));
  else socket.write(upload.body);
  if (manner === "leaves its upload" || manner === "leaves waiting") {
    await pause(stayMs);
    socket.destroy();
  }
  const outcome = await answer;
  return manner.startsWith("leaves") && outcome === "none"
    ? "left"
    : outcome === "none"
      ? "wrong: none"
      : outcome;
}

function prepare(payload) {
  let known = prepared.get(payload);
  if (known === undefined) {
    const parsed = parsePayload(payload);
    known = { upload: uploadOf(parsed), expected: Buffer.concat(answerOf(parsed).pieces) };
    prepared.set(payload, known);
  }
  return known;
}

function headOf({ port, headers }, payload, contentType, framing) {
  const own = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const lines = [
    // The model in the path is the group; that in the form, which every payload has, gives way to it.
    `POST /openai/deployments/${encodeURIComponent(payload)}/images/edits HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    ...own,
    `Content-Type: ${contentType}`,
    framing,
    "Connection: close",
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

async function sendSlowly(socket, body) {
  for (let sent = 0; sent < body.length && !socket.destroyed; sent += pieceBytes) {
    const piece = body.subarray(sent, sent + pieceBytes);
    socket.cork();
    socket.write(`${piece.length.toString(16)}\r\n`);
    socket.write(piece);
    socket.write("\r\n");
    socket.uncork();
    await pause(piecePauseMs);
  }
  if (!socket.destroyed) socket.write("0\r\n\r\n");
}

/** @returns {Promise<string>} the outcome, or `none` where no whole answer came */
function readAnswer(socket, expected, manner) {
  let status = 0;
  let bytes = 0;
  let isRight = true;
  return new Promise((resolve) => {
    const end = (outcome) => {
      clearTimeout(tooLong);
      socket.destroy();
      resolve(outcome);
    };
    const tooLong = setTimeout(() => end(`wrong: no answer within ${limitMs / 1000} s`), limitMs);
    const reader = new HttpReader({
      onHead: (line) => (status = Number(line.split(" ")[1])),
      onBody: (piece) => {
        isRight &&= piece.compare(expected, bytes, bytes + piece.length) === 0;
        bytes += piece.length;
        if (manner === "leaves its answer") end("left");
      },
      onEnd: () => end(outcomeOf(status, isRight && bytes === expected.length, bytes)),
    });
    socket.on("data", (piece) => {
      reader.push(piece);
      if (manner !== "reads slowly") return;
      socket.pause();
      setTimeout(() => socket.resume(), piecePauseMs);
    });
    socket.on("error", () => undefined).on("close", () => end("none"));
  });
}

function outcomeOf(status, isRight, bytes) {
  if (status === 200) return isRight ? "right" : `wrong: other bytes, ${bytes} of them`;
  // What every deployment answered, when all have failed in turn.
  return status >= 500 || status === 429 ? "failed" : `wrong: status ${status}`;
}
