/**
 * The soak's fake images API. The path says which payload an upload must be, so that many kinds run at once; each is checked
 * byte for byte. It takes its time, and of a hundred calls some fail as real upstreams do.
 */
import { once } from "node:events";
import net from "node:net";
import { answerBytes, errorAnswer } from "../answer-bytes.mjs";
import { HttpReader } from "../http-reader.mjs";
import { answerOf, deploymentModel, eventPauseMs, parsePayload, uploadOf } from "../payloads.mjs";
import { UploadCheck } from "../upload-check.mjs";

const shortestDelayMs = 100;
const longestDelayMs = 500;

/** Of a hundred calls. */
const faults = { serverError: 3, rateLimit: 2, cutOff: 2 };

export class SoakUpstream {
  uploads = 0;
  wrong = 0;
  /** @type {string | undefined} */
  firstFault;
  #sockets = new Set();
  #works = new Map();
  #server = net.createServer({ noDelay: true }, (socket) => this.#serve(socket));

  /** @returns {Promise<number>} the port */
  async listen() {
    this.#server.listen({ port: 0, host: "127.0.0.1", backlog: 1024 });
    await once(this.#server, "listening");
    return this.#server.address().port;
  }

  close() {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #serve(socket) {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    let check;
    let work;
    const reader = new HttpReader({
      onHead: (line, headers) => {
        const [, payload = ""] = /^POST \/([^/]+)\/v1\/images\/edits /.exec(line) ?? [];
        work = this.#workOf(decodeURIComponent(payload));
        const [, boundary = ""] = /boundary="?([^"\r;]+)/i.exec(headers) ?? [];
        check = new UploadCheck(work.wanted, boundary);
      },
      onBody: (bytes) => check.push(bytes),
      onEnd: () => this.#reply(socket, work, check.fault()),
    });
    socket.on("data", (bytes) => reader.push(bytes));
    // The gateway breaks a call off when its time is up.
    socket.on("error", () => socket.destroy());
  }

  #workOf(payload) {
    let work = this.#works.get(payload);
    if (work === undefined) {
      const parsed = parsePayload(payload);
      const { image, fields } = uploadOf(parsed);
      work = {
        wanted: { image, fields: { ...fields, model: deploymentModel } },
        answer: answerBytes(answerOf(parsed), parsed.isStream),
      };
      this.#works.set(payload, work);
    }
    return work;
  }

  #reply(socket, { answer }, fault) {
    this.uploads += 1;
    if (fault !== undefined) {
      this.wrong += 1;
      this.firstFault ??= fault;
      socket.write(errorAnswer("400 Bad Request", `The upload is wrong: ${fault}.`, "wrong_upload"));
      return;
    }
    const delayMs = shortestDelayMs + Math.random() * (longestDelayMs - shortestDelayMs);
    setTimeout(() => this.#answer(socket, answer), delayMs);
  }

  #answer(socket, answer) {
    if (socket.destroyed) return;
    let dice = Math.random() * 100;
    if ((dice -= faults.serverError) < 0) {
      socket.write(errorAnswer("500 Internal Server Error", "The soak's upstream fails.", "server_error"));
    } else if ((dice -= faults.rateLimit) < 0) {
      const later = { "retry-after-ms": 50 };
      socket.write(errorAnswer("429 Too Many Requests", "Not now.", "rate_limit_exceeded", later));
    } else if (dice - faults.cutOff < 0) {
      const [piece] = answer;
      socket.end(piece.subarray(0, piece.length / 2));
    } else send(socket, answer);
  }
}

/** Piece by piece, the events of a stream with a pause between them. */
function send(socket, [piece, ...rest]) {
  if (socket.destroyed) return;
  socket.write(piece);
  if (rest.length > 0) setTimeout(() => send(socket, rest), eventPauseMs);
}
