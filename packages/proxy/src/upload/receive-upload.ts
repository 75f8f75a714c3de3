import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import {
  type ByteBudget,
  ClientGoneError,
  type EditParameters,
  JsonBody,
  JsonOutline,
  type MemoryLease,
  MultipartBody,
  type RequestControls,
  type Timers,
  bodyChunks,
  systemTimers,
} from "@darkroom/router";
import { BodyReader, type ReadBody } from "./body-reader.js";
import { type Exchange, isClientGone, whenClientGoes } from "./client-gone.js";
import { FormScanner } from "./form-scanner.js";
import { parseForm } from "./parse-form.js";
import { PartOutline } from "./part-outline.js";
import { readUploadHeaders, type UploadHeaders } from "./upload-headers.js";
import type { CompleteUploadSettings } from "./upload-settings.js";

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
  /** Time spent waiting for the client to go on sending. */
  readonly pausesMs: number;
  /** Where `body` lies. To be released when the request is answered: retries need the bytes till then. */
  readonly memory: MemoryLease;
}

/**
 * Receives the body of a request: checks its headers, waits for memory, lets the client send (`100 Continue`),
 * reads and parses. Nothing touches a disk. On failure all memory is given back, and the request is left to be
 * answered with `refusePolitely`.
 * @throws InvalidRequestError, RequestTooLargeError, UploadTooSlowError, UploadMemoryError, ClientGoneError
 */
export async function receiveUpload(
  request: IncomingMessage,
  response: ServerResponse,
  settings: CompleteUploadSettings,
  budget: ByteBudget,
  timers: Timers = systemTimers,
): Promise<Upload> {
  const headers = readUploadHeaders(request.headers, settings.maxRequestBytes);
  const exchange = { request, response };
  const lease = budget.admitNow(headers.contentLength) ?? (await waitForMemory(exchange, headers, budget));
  try {
    if (isClientGone(exchange)) throw new ClientGoneError();
    if (headers.expectsContinue) response.writeContinue();
    const { body, read } = await readBody(exchange, headers, settings, lease, timers);
    const { bytes, pausesMs } = read;
    lease.settle(bytes);
    const { model, parameters, controls } = body;
    return {
      body,
      model,
      parameters,
      controls,
      bytes,
      pausesMs,
      memory: lease,
    };
  } catch (error) {
    lease.release();
    throw error;
  }
}

async function waitForMemory(
  exchange: Exchange,
  { contentLength }: UploadHeaders,
  budget: ByteBudget,
): Promise<MemoryLease> {
  if (isClientGone(exchange)) throw new ClientGoneError();
  const gone = new AbortController();
  const callOff = whenClientGoes(exchange, () => gone.abort(new ClientGoneError()));
  try {
    return await budget.admit(contentLength, gone.signal);
  } finally {
    callOff();
  }
}

interface ReadUpload {
  readonly body: MultipartBody | JsonBody;
  readonly read: ReadBody;
}

/** What looks at a body while it arrives. */
interface Scanner {
  push(chunk: Buffer): void;
}

async function readBody(
  exchange: Exchange,
  { format, contentLength }: UploadHeaders,
  settings: CompleteUploadSettings,
  lease: MemoryLease,
  timers: Timers,
): Promise<ReadUpload> {
  const chunks: Buffer[] = [];
  const readTo = (scanner: Scanner): Promise<ReadBody> => {
    const gathered = bodyChunks(lease, contentLength, (chunk) => {
      chunks.push(chunk);
      scanner.push(chunk);
    });
    return BodyReader.read(exchange, lease, settings, timers, gathered);
  };
  if (format.type === "json") {
    const outline = new JsonOutline();
    const read = await readTo(outline);
    return { body: new JsonBody(chunks, outline), read };
  }
  const { boundary } = format;
  const scanner = new FormScanner(boundary, settings);
  const read = await readTo(scanner);
  const contentType = exchange.request.headers["content-type"] ?? "";
  const parts = scanner.finish(chunks);
  if (parts !== undefined) {
    return { body: MultipartBody.asArrived({ contentType, boundary, chunks, parts }), read };
  }
  // Whatever is not canonical is for the parser of record to judge.
  const again = Readable.from(inTurns(chunks), { objectMode: false });
  const parsed = await parseForm(again, contentType, new PartOutline(boundary), settings);
  return { body: MultipartBody.of(parsed), read };
}

/** Lets others have their turn after every chunk: all at once, a large form would keep them waiting. */
async function* inTurns(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) {
    yield chunk;
    await setImmediate();
  }
}
