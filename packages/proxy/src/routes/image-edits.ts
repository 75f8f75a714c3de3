import type { IncomingHttpHeaders } from "node:http";
import {
  type AnswerSink,
  type ByteBudget,
  type EditReport,
  type EditRequest,
  type Router,
  tagsFromText,
} from "@darkroom/router";
import type { Request, RequestHandler, Response } from "express";
import {
  checkModelAccess,
  mayUseModel,
  aliasedModel,
  type ModelNames,
  type Principal,
} from "@darkroom/accounts";
import { type Accounts, staysInGroup, tagsOf } from "../access/accounts.js";
import { principalOf } from "../access/identify.js";
import { HttpAnswer } from "../answers/http-answer.js";
import type { Budgets } from "../budgets/budgets.js";
import type { Books } from "../books/books.js";
import { callerOf } from "../books/caller.js";
import type { AnswerFormats } from "../formats/answer-formats.js";
import { GatewayError } from "../errors.js";
import { idempotencyKeyFrom } from "../idempotency/idempotency-key.js";
import { idempotencyOf } from "../idempotency/idempotency.js";
import type { IdempotentEdits } from "../idempotency/idempotent-edits.js";
import type { InFlight } from "../in-flight.js";
import { recordOf } from "../observability/request-record.js";
import { dryRunAnswer, isDryRun } from "./dry-run.js";
import { type Upload, receiveUpload } from "../upload/receive-upload.js";
import type { CompleteUploadSettings } from "../upload/upload-settings.js";

/** What the edit route works with. */
export interface ImageEditsOptions {
  readonly router: Router;
  /** Who asks, and who pays. */
  readonly accounts: Accounts;
  readonly budgets: Budgets;
  readonly modelNames: ModelNames;
  readonly uploads: ByteBudget;
  readonly uploadSettings: CompleteUploadSettings;
  readonly formats: AnswerFormats;
  /** Overrides the model that clients name in the body (LiteLLM's `image_generation_model`). */
  readonly forcedModel?: string;
  readonly forwardedHeaders: (headers: IncomingHttpHeaders) => Record<string, string>;
  /** Where it is written down who asked for what, and what that cost. */
  readonly books: Books;
  /** Whether the books keep prompts. */
  readonly storePrompts: boolean;
  /** A header of the operator's choice that carries the key. */
  readonly keyHeaderName?: string;
  readonly idempotentEdits: IdempotentEdits;
  readonly isDraining: () => boolean;
  /** What a shutdown waits for. */
  readonly edits: InFlight;
}

/** `POST /v1/images/edits`: receive the upload, route it, release the answer. What it costs is in the books before that. */
export function imageEdits(options: ImageEditsOptions): RequestHandler {
  const { router, uploads, uploadSettings, formats, forcedModel, forwardedHeaders, isDraining, edits } =
    options;
  const { accounts, budgets, modelNames, books, idempotentEdits, storePrompts, keyHeaderName } = options;

  const serve = async (
    request: Request<{ model?: string }>,
    response: Response,
    principal: Principal,
    caller: string,
  ): Promise<void> => {
    const { account } = principal;
    const record = recordOf(response);
    const key = idempotencyKeyFrom(request.headers);
    const isRehearsal = isDryRun(request);
    const upload = await receiveUpload(request, response, uploadSettings, uploads);
    try {
      record.pausesMs = upload.pausesMs;
      record.requestBytes = upload.bytes;
      const { body, controls } = upload;
      const tags = tagsOf(principal, controls.tags ?? tagsFromText(request.get("x-litellm-tags") ?? ""));
      const fieldOf = (field: string): unknown => body.valueOf(field);
      const { payers, defaultModel } = await accounts.chargedFor(principal, request.headers, fieldOf, tags);
      const named = request.params.model ?? forcedModel ?? upload.model;
      const asked = named ?? defaultModel ?? router.defaultModel;
      record.group = asked;
      checkModelAccess(account, asked, modelNames);
      for (const fallback of controls.fallbacks ?? []) checkModelAccess(account, fallback, modelNames);
      const model = aliasedModel(account, asked);
      record.group = model;
      const limited = budgets.accountOf(payers, { asked, model }, (): EditRequest => edit);
      record.account = limited;
      const edit = {
        id: record.id,
        model,
        parameters: upload.parameters,
        body,
        memory: upload.memory,
        headers: forwardedHeaders(request.headers),
        caller: waitsAs(principal, upload, request),
        retries: controls.retries,
        timeoutMs: controls.timeoutMs,
        priority: controls.priority,
        fallbacks: staysInGroup(principal) ? [] : controls.fallbacks,
        mayFallBackTo: (group: string) => mayUseModel(account, group, modelNames),
        rehearsesFallbacks: controls.rehearsesFallbacks,
        tags,
        sizeFit: sizeFitOf(upload),
        account: limited,
      };
      if (isRehearsal) {
        response.json(dryRunAnswer(await router.plan(edit)));
        return;
      }
      const prompt = storePrompts ? body.valueOf("prompt") : undefined;
      const idempotency = key === undefined ? undefined : await idempotencyOf(caller, key, body, edit);
      budgets.watch(edit, payers);
      books.origins.note(edit, {
        caller,
        payers,
        idempotency,
        ...(typeof prompt === "string" && { prompt }),
      });
      const format = formats.for(edit, request);
      const letGo = (): void => upload.memory.release();
      const answer = new HttpAnswer(response, record, letGo, format);
      const begin = (sink: AnswerSink): Promise<EditReport> => {
        accounts.noteUse(payers);
        const running = router.edit(edit, sink);
        record.follow(running);
        return running;
      };
      if (idempotency === undefined) await begin(answer);
      else {
        const timeoutMs = router.timeoutMsOf(edit);
        await idempotentEdits.serve({ idempotency, record, answer, timeoutMs, begin, letGo });
      }
    } finally {
      upload.memory.release();
    }
  };

  return async (request: Request<{ model?: string }>, response: Response) => {
    const principal = principalOf(response);
    const caller = callerOf(principal, request.headers, request.socket.remoteAddress, keyHeaderName);
    const record = recordOf(response);
    record.caller = caller;
    if (principal.account !== undefined) record.tellLimits(principal.account.limits.key);
    if (isDraining()) throw draining();
    if (!books.areOpen) throw booksClosed();
    // The upload counts as well: a shutdown that did not wait for it would cut off the edit that follows.
    await edits.run(() => serve(request, response, principal, caller));
  };
}

/** Whose turn it is where edits wait: the key's; without one the end user's that the request names, else the machine's. */
function waitsAs({ account }: Principal, { body }: Upload, { socket: { remoteAddress } }: Request): string {
  if (account !== undefined) return `key ${account.key.keyId}`;
  const user = body.valueOf("user");
  return typeof user === "string" && user !== "" ? `user ${user}` : `address ${remoteAddress ?? "unknown"}`;
}

/** @throws GatewayError where a stream's images would have to be scaled */
function sizeFitOf({ controls, parameters }: Upload): "always" | "as configured" | undefined {
  if (controls.sizeFit === undefined) return "as configured";
  if (!controls.sizeFit) return undefined;
  if (!parameters.stream) return "always";
  throw new GatewayError({
    status: 400,
    type: "invalid_request_error",
    code: "unsupported_with_stream",
    param: "size_fit",
    message: "'size_fit' cannot be combined with 'stream': events are passed on as they come.",
  });
}

function booksClosed(): GatewayError {
  return new GatewayError({
    status: 503,
    type: "server_error",
    code: "journal_unavailable",
    message:
      "This gateway cannot write down what is spent, and so spends nothing; send the request again later.",
    retryAfterSeconds: 5,
  });
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
