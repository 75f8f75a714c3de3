import type { Base64 } from "../drawing/painter.js";
import type { Exchange } from "../exchange.js";
import type { Fault } from "../faults/fault.js";
import { latencyMs } from "../latency.js";
import type { Services } from "../services.js";
import type { ValidEdit } from "../validation/valid-edit.js";
import { answerHeaders } from "./answer-headers.js";
import { errorEvent, type StreamedPicture, streamEvents } from "./event-stream.js";
import { imagesAnswer, type PictureReference } from "./images-answer.js";
import { eventStreamType, sendCut, sendCutEvents, sendDripping, sendEvents, sendWhole } from "./send.js";

/** The answer to an edit as one JSON body, spoiled if a fault says so. */
export async function answerWithJson(
  exchange: Exchange,
  services: Services,
  edit: ValidEdit,
  finished: readonly Base64[],
  usage: object | undefined,
  fault: Fault | undefined,
): Promise<void> {
  const references = finished.map((picture, index) => referenceTo(picture, index, exchange, services, edit));
  const body = imagesAnswer(
    edit,
    references,
    usage,
    createdSeconds(services),
    services.configuration.answerLayout,
  );
  const headers = answerHeaders(exchange, services);
  if (fault?.kind === "cut") return sendCut(exchange, headers, body, fault.share);
  if (fault?.kind === "drip") return sendDripping(exchange, headers, body, fault, services.clock);
  // The last third is missing, but the length is true: only a parser notices.
  const intact = fault?.kind !== "malformed";
  sendWhole(exchange, 200, headers, intact ? body : body.subarray(0, Math.floor((body.length * 2) / 3)));
}

function referenceTo(
  picture: Base64,
  index: number,
  exchange: Exchange,
  services: Services,
  edit: ValidEdit,
): PictureReference {
  if (!edit.answersWithUrls) return { b64_json: picture };
  const id = `img-${exchange.requestId.slice("req_".length)}-${index}`;
  services.imageFiles.put(id, Buffer.from(picture.toString("latin1"), "base64"));
  return { url: `http://${exchange.request.headers.host ?? "localhost"}/files/${id}.png` };
}

/** The same as a stream of events. */
export async function answerWithEvents(
  exchange: Exchange,
  services: Services,
  edit: ValidEdit,
  made: {
    readonly finished: readonly Base64[];
    readonly stages: readonly (readonly Base64[])[];
    readonly usages: readonly (object | undefined)[];
  },
  fault: Fault | undefined,
): Promise<void> {
  const pictures = made.finished.map((finished, index): StreamedPicture => {
    const stages = made.stages[index];
    if (stages === undefined) throw new Error("a picture without stages");
    return { stages, finished, usage: made.usages[index] };
  });
  const events = streamEvents(edit, pictures, createdSeconds(services));
  const headers = { ...answerHeaders(exchange, services, eventStreamType), "cache-control": "no-cache" };
  const { clock } = services;
  const pauseMs = latencyMs(services);
  switch (fault?.kind) {
    case "cut":
      return sendCutEvents(exchange, headers, events, fault.share);
    case "drip":
      return sendDripping(exchange, headers, Buffer.concat(events), fault, clock);
    case "malformed":
      return sendEvents(exchange, headers, [...events.slice(0, -1), brokenEvent(events)], pauseMs, clock);
    case "stream-error": {
      // Never after a picture is complete: an error after the last event would not be one.
      const partials = events.slice(0, Math.min(fault.afterPartials, edit.partialImages));
      return sendEvents(exchange, headers, [...partials, errorEvent(fault, fault.bare)], pauseMs, clock);
    }
    // The others have struck by now, or are about the answer's head.
    case "delay":
    case "hang":
    case "hold":
    case "reset":
    case "status":
    case "usage":
    case undefined:
      return sendEvents(exchange, headers, events, pauseMs, clock);
  }
}

/** The last event with a third of its data missing, yet ended like an event. */
function brokenEvent(events: readonly Buffer[]): Buffer {
  const last = events.at(-1) ?? Buffer.alloc(0);
  return Buffer.concat([last.subarray(0, Math.floor((last.length * 2) / 3)), Buffer.from("\n\n")]);
}

function createdSeconds({ clock }: Services): number {
  return Math.floor(clock.now() / 1000);
}
