import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  ClientGoneError,
  type EditParameters,
  JsonBody,
  MultipartBody,
  type RequestControls,
} from "@darkroom/router";
import { BodyStream } from "./body-stream.js";
import type { ByteBudget } from "@darkroom/router";
import type { MemoryLease } from "@darkroom/router";
import { FormScanner } from "./form-scanner.js";
import { parseForm } from "./parse-form.js";
import { PartOutline } from "./part-outline.js";
import { systemTimers, type Timers } from "@darkroom/router";
import { readUploadHeaders, type UploadHeaders } from "./upload-headers.js";
import {
  type CompleteUploadSettings,
  completeUploadSettings,
  type UploadSettings,
} from "./upload-settings.js";

/** The body of a request, read and understood, and its memory. */
export interface Upload {
  /** Can be sent upstream again and again. */
  readonly body: MultipartBody | JsonBody;
  /** The model the client asked for. */
  readonly model: string | undefined;
  readonly parameters: EditParameters;
  readonly controls: RequestControls;
  /** Size of the body as it arrived. */
  readonly bytes: number;
  /** Gives the memory back. To be called when the request is answered: retries need the bytes till then. */
  release(): void;
}

/**
 * Receives the body of a request: checks its headers, waits for memory, lets the client send (`100 Continue`),
 * reads and parses. Nothing touches a disk. On failure all memory is given back, and the request is left to be
 * answered with `refusePolitely`.
 * @param clientGone ends the upload
 * @throws InvalidRequestError, RequestTooLargeError, UploadTooSlowError, UploadMemoryError, ClientGoneError
 */
export async function receiveUpload(
  request: IncomingMessage,
  response: ServerResponse,
  settings: UploadSettings,
  budget: ByteBudget,
  clientGone?: AbortSignal,
  timers: Timers = systemTimers,
): Promise<Upload> {
  const headers = readUploadHeaders(request.headers, settings.maxRequestBytes);
  const gone = goneSignal(request, clientGone);
  let lease: MemoryLease | undefined;
  try {
    lease = await budget.admit(headers.contentLength, gone.signal);
    if (headers.expectsContinue) response.writeContinue();
    const complete = completeUploadSettings(settings);
    const stream = new BodyStream(request, lease, complete, timers);
    gone.signal.addEventListener("abort", () => stream.destroy(new ClientGoneError()));
    const body = await readBody(stream, request, headers, complete);
    lease.settle(stream.bytes);
    return uploadOf(body, stream.bytes, lease);
  } catch (error) {
    lease?.release();
    throw error;
  } finally {
    gone.forget();
  }
}

function uploadOf(body: MultipartBody | JsonBody, bytes: number, lease: MemoryLease): Upload {
  const { model, parameters, controls } = body;
  return { body, model, parameters, controls, bytes, release: () => lease.release() };
}

async function readBody(
  stream: BodyStream,
  request: IncomingMessage,
  headers: UploadHeaders,
  settings: CompleteUploadSettings,
): Promise<MultipartBody | JsonBody> {
  const { format } = headers;
  const scanner = format.type === "json" ? undefined : new FormScanner(format.boundary, settings);
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    scanner?.push(chunk);
  });
  await finished(stream);
  if (format.type === "json") return new JsonBody(chunks);

  const contentType = request.headers["content-type"] ?? "";
  const parts = scanner?.finish(chunks);
  if (parts !== undefined)
    return MultipartBody.asArrived({ contentType, boundary: format.boundary, chunks, parts });
  // Whatever is not canonical is for the parser of record to judge.
  const again = Readable.from(chunks, { objectMode: false });
  return MultipartBody.of(await parseForm(again, contentType, new PartOutline(format.boundary), settings));
}

/** Aborted when the client goes before its body is complete, whoever notices first. */
function goneSignal(request: IncomingMessage, clientGone?: AbortSignal) {
  const gone = new AbortController();
  const onGone = () => gone.abort(new ClientGoneError());
  // A request also closes when it has been read to its end.
  const onClose = () => {
    if (!request.readableEnded) onGone();
  };
  request.once("close", onClose);
  clientGone?.addEventListener("abort", onGone);
  if (request.destroyed || clientGone?.aborted) onGone();
  const forget = () => {
    request.off("close", onClose);
    clientGone?.removeEventListener("abort", onGone);
  };
  return { signal: gone.signal, forget };
}
