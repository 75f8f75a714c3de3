/** One edit as a client sends it, who may leave, and all that he has seen of its answer, whole or not. */
import http from "node:http";
import { nanoUsdOf } from "../../packages/proxy/dist/system/dollars.js";
import { sentBody } from "../../packages/proxy/dist/system/reconciliation/sent-body.js";

/**
 * @typedef {object} Seen
 * @property {string} editId
 * @property {"refused" | "broken" | "left" | "answered"} end `refused`: nobody listened
 * @property {number} [status] of an answer that has begun
 * @property {string} [error] what an error says that it is: its code, or its type where the code is but the status
 * @property {string} [requestId] the gateway's
 * @property {string} [upstreamRequestId]
 * @property {boolean} [isStream]
 * @property {boolean} [isReleased] a JSON answer has begun, or the last event of a stream has come
 * @property {bigint} [nanoUsd] as the answer told
 */

/**
 * @param {string} url
 * @param {import("../../packages/proxy/dist/system/reconciliation/varied-edits.js").VariedEdit} edit
 * @param {{ key: string, idempotencyKey?: string, leavesAfterMs?: number, onAnswer: () => void }} client `onAnswer`: called with
 *   the first byte of every answer
 * @returns {Promise<Seen>}
 */
export function sendOnce(url, edit, { key, idempotencyKey, leavesAfterMs, onAnswer }) {
  const { contentType, bytes } = sentBody(edit);
  const headers = {
    "content-type": contentType,
    "content-length": String(bytes.length),
    authorization: `Bearer ${key}`,
    ...(idempotencyKey !== undefined && { "idempotency-key": idempotencyKey }),
  };
  return new Promise((resolve) => {
    let answer;
    const pieces = [];
    let hasLeft = false;
    const request = http.request(`${url}/v1/images/edits`, { method: "POST", agent: false, headers });
    const leaving =
      leavesAfterMs === undefined
        ? undefined
        : setTimeout(() => {
            hasLeft = true;
            request.destroy();
          }, leavesAfterMs);
    const end = (how) => {
      clearTimeout(leaving);
      resolve({ editId: edit.id, end: hasLeft ? "left" : how, ...seenOf(edit, answer, pieces) });
    };
    request.once("error", ({ code }) => end(code === "ECONNREFUSED" ? "refused" : "broken"));
    request.once("response", (response) => {
      answer = response;
      onAnswer();
      response.on("data", (piece) => pieces.push(piece));
      response.once("error", () => end("broken"));
      response.once("close", () => end(response.complete ? "answered" : "broken"));
    });
    request.end(bytes);
  });
}

function seenOf(edit, answer, pieces) {
  if (answer === undefined) return {};
  const { statusCode: status, headers, trailers } = answer;
  const isStream = headers["content-type"]?.startsWith("text/event-stream") ?? false;
  const text = Buffer.concat(pieces).toString("latin1");
  const cost = headers["x-litellm-response-cost"] ?? trailers["x-litellm-response-cost"];
  return {
    status,
    error: status < 400 ? undefined : errorIn(text),
    requestId: headers["x-request-id"],
    upstreamRequestId: headers["llm_provider-x-request-id"],
    isStream,
    isReleased: !isStream || completedEvents(text) >= Number(edit.fields.n ?? 1),
    nanoUsd: cost === undefined ? undefined : nanoUsdOf(cost),
  };
}

function errorIn(text) {
  if (!isJson(text)) return undefined;
  const { code, type } = JSON.parse(text).error ?? {};
  return code === null || /^\d+$/.test(code) ? type : code;
}

/** Events that came whole, in JSON that can be read. */
function completedEvents(text) {
  const prefix = "event: image_edit.completed\ndata: ";
  const events = text.split("\n\n").slice(0, -1);
  return events.filter((event) => event.startsWith(prefix) && isJson(event.slice(prefix.length))).length;
}

function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
