import type { IncomingHttpHeaders } from "node:http";
import {
  type AnswerSink,
  type ByteBudget,
  type EditReport,
  type Router,
  tagsFromText,
} from "@darkroom/router";
import type { Request, RequestHandler, Response } from "express";
import { callerOf } from "../access/caller.js";
import { HttpAnswer } from "../answers/http-answer.js";
import { GatewayError } from "../errors.js";
import { fingerprintOf } from "../idempotency/fingerprint.js";
import { idempotencyKeyFrom, keyOfCaller } from "../idempotency/idempotency-key.js";
import type { IdempotentEdits } from "../idempotency/idempotent-edits.js";
import type { InFlight } from "../in-flight.js";
import { recordOf } from "../observability/request-record.js";
import { receiveUpload } from "../upload/receive-upload.js";
import type { CompleteUploadSettings } from "../upload/upload-settings.js";

/** What the edit route works with. */
export interface ImageEditsOptions {
  readonly router: Router;
  readonly uploads: ByteBudget;
  readonly uploadSettings: CompleteUploadSettings;
  /** Overrides the model that clients name in the body (LiteLLM's `image_generation_model`). */
  readonly forcedModel?: string;
  readonly forwardedHeaders: (headers: IncomingHttpHeaders) => Record<string, string>;
  /** A header of the operator's choice that carries the client's key. */
  readonly keyHeaderName?: string;
  readonly idempotentEdits: IdempotentEdits;
  readonly isDraining: () => boolean;
  /** What a shutdown waits for. */
  readonly edits: InFlight;
}

/** `POST /v1/images/edits`: receive the upload, route it, release the answer. */
export function imageEdits(options: ImageEditsOptions): RequestHandler {
  const { router, uploads, uploadSettings, forcedModel, forwardedHeaders, isDraining, edits } = options;
  const { idempotentEdits, keyHeaderName } = options;

  const serve = async (request: Request<{ model?: string }>, response: Response): Promise<void> => {
    const record = recordOf(response);
    const key = idempotencyKeyFrom(request.headers);
    const upload = await receiveUpload(request, response, uploadSettings, uploads);
    try {
      record.pausesMs = upload.pausesMs;
      const model = request.params.model ?? forcedModel ?? upload.model ?? router.defaultModel;
      record.group = model;
      const edit = {
        id: record.id,
        model,
        parameters: upload.parameters,
        body: upload.body,
        memory: upload.memory,
        headers: forwardedHeaders(request.headers),
        retries: upload.controls.retries,
        timeoutMs: upload.controls.timeoutMs,
        fallbacks: upload.controls.fallbacks,
        rehearsesFallbacks: upload.controls.rehearsesFallbacks,
        tags: upload.controls.tags ?? tagsFromText(request.get("x-litellm-tags") ?? ""),
      };
      const answer = new HttpAnswer(response, record, () => upload.memory.release());
      const begin = (sink: AnswerSink): Promise<EditReport> => {
        const running = router.edit(edit, sink);
        record.follow(running);
        return running;
      };
      if (key === undefined) {
        await begin(answer);
        return;
      }
      record.idempotency = {
        key: keyOfCaller(callerOf(request, keyHeaderName), key),
        fingerprint: await fingerprintOf(upload.body, edit),
      };
      await idempotentEdits.serve({
        idempotency: record.idempotency,
        record,
        answer,
        timeoutMs: router.timeoutMsOf(edit),
        begin,
        letGo: () => upload.memory.release(),
      });
    } finally {
      upload.memory.release();
    }
  };

  return async (request: Request<{ model?: string }>, response: Response) => {
    if (isDraining()) throw draining();
    // The upload counts as well: a shutdown that did not wait for it would cut off the edit that follows.
    await edits.run(() => serve(request, response));
  };
}

function draining(): GatewayError {
  return new GatewayError({
    status: 503,
    type: "server_error",
    code: "shutting_down",
    message: "This gateway is shutting down; send the request again.",
    retryAfterSeconds: 1,
  });
}
