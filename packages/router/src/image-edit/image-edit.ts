import { randomUUID } from "node:crypto";
import type { AnswerSink } from "../answer/answer-sink.js";
import type { EditReport } from "../report.js";
import type { EditRequest } from "../request.js";
import { editForm } from "./edit-form.js";
import { EventQueue, type ImageEditEvent } from "./event-queue.js";
import type { ImageEditOptions } from "./image-edit-options.js";
import { WholeAnswer } from "./whole-answer.js";

/** What an edit needs of a router. */
export interface EditRouter {
  readonly defaultModel: string;
  edit(request: EditRequest, sink: AnswerSink): Promise<EditReport>;
}

/** One edited image: its bytes in base64, or where to fetch it. */
export interface EditedImage {
  readonly b64_json?: string;
  readonly url?: string;
}

/** OpenAI's answer, and beside it what became of the edit: cost, deployment, attempts. */
export interface ImageEditAnswer {
  readonly created: number;
  readonly data: readonly EditedImage[];
  readonly usage?: unknown;
  readonly size?: string;
  readonly quality?: string;
  readonly report: EditReport;
}

/** The events of a streamed edit; `report` is final when they have ended. */
export interface ImageEditStream extends AsyncIterable<ImageEditEvent> {
  readonly report: Promise<EditReport>;
}

/**
 * Edits images through a router.
 * @throws RouterError, or the signal's reason
 */
export async function editImage(router: EditRouter, options: ImageEditOptions): Promise<ImageEditAnswer> {
  options.signal?.throwIfAborted();
  const answer = new WholeAnswer(options.signal);
  const report = await abortable(send(router, options, answer), options.signal);
  return { ...(answer.json() as Omit<ImageEditAnswer, "report">), report };
}

/** As {@link editImage}, event by event. Errors are thrown while iterating; leaving the loop stops waiting. */
export function streamImageEdit(router: EditRouter, options: ImageEditOptions): ImageEditStream {
  const left = new AbortController();
  const signal = options.signal === undefined ? left.signal : AbortSignal.any([left.signal, options.signal]);
  const queue = new EventQueue(signal);
  signal.addEventListener("abort", () => {
    queue.end(signal.reason as Error);
  });
  const streamed = { ...options, extraFields: { ...options.extraFields, stream: "true" } };
  const report = send(router, streamed, queue);
  report.catch((error: unknown) => {
    queue.end(error as Error);
  });
  return {
    report,
    async *[Symbol.asyncIterator]() {
      try {
        for (let event = await queue.next(); event !== undefined; event = await queue.next()) yield event;
      } finally {
        left.abort(new Error("The reader has left the stream."));
      }
    },
  };
}

async function send(router: EditRouter, options: ImageEditOptions, sink: AnswerSink): Promise<EditReport> {
  const model = options.model ?? router.defaultModel;
  const body = await editForm(options, model);
  const { extraHeaders, timeoutMs, retries, fallbacks, tags } = options;
  const request: EditRequest = {
    id: `req_${randomUUID().replaceAll("-", "")}`,
    model,
    parameters: body.parameters,
    body,
    ...(extraHeaders === undefined ? {} : { headers: lowerCased(extraHeaders) }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(retries === undefined ? {} : { retries }),
    ...(fallbacks === undefined ? {} : { fallbacks }),
    ...(tags === undefined ? {} : { tags }),
  };
  return router.edit(request, sink);
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** Stops waiting for `work` when the signal is aborted; the work itself goes on. */
async function abortable<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return work;
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => {
      reject(signal.reason as Error);
    };
    signal.addEventListener("abort", onAbort);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener("abort", onAbort);
    // Whoever stopped waiting does not want to hear of it either.
    work.catch(() => undefined);
  }
}
