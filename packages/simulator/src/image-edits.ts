import { answerWithEvents, answerWithJson } from "./answers/answer-edit.js";
import { refuse, refuseForRate } from "./answers/refuse.js";
import { chargeNanoUsd } from "./bill/charge.js";
import { priceOfPicture } from "./bill/prices.js";
import type { Account, Exchange } from "./exchange.js";
import { breakBeforeBody, breakInsteadOfAnswer, isInsteadOfAnswer } from "./faults/break.js";
import { latencyMs } from "./latency.js";
import { recordedJson, recordedPart } from "./record.js";
import { readBody } from "./request-body.js";
import type { Services } from "./services.js";
import { submissionFromJson } from "./submission/from-json.js";
import { submissionFromParts } from "./submission/from-multipart.js";
import { type ParsedBody, parseBody } from "./submission/parsed-body.js";
import type { Submission } from "./submission/submission.js";
import { type ToldUsage, toldUsages } from "./usage/told-usage.js";
import { type EditUsage, usageOf } from "./usage/usage.js";
import { drawVariation } from "./usage/variation.js";
import { checkEdit } from "./validation/check-edit.js";
import { RefusedError } from "./validation/refusal.js";
import { refusals } from "./validation/refusals.js";
import type { ValidEdit } from "./validation/valid-edit.js";

/**
 * `POST /v1/images/edits`, from its headers to its last byte.
 * @param deployed what a service makes of a submission before the model sees it
 */
export async function serveImageEdit(
  exchange: Exchange,
  account: Account,
  services: Services,
  deployed: (submission: Submission) => Submission = (submission) => submission,
): Promise<void> {
  const { faults, rateLimits, calls, clock, configuration } = services;
  const { organization } = account;
  const call = calls.begin(organization, exchange.startedAtMs);
  exchange.response.once("close", () => calls.end(call, clock.now(), exchange.record.status));
  const earlyFault = faults.strike({ at: "headers", key: account.key });
  if (earlyFault !== undefined) return breakBeforeBody(exchange, services, earlyFault);
  // Counted as soon as the headers are there, but told only after the body: a client that is still sending would
  // see a broken connection in place of the 429.
  const tooManyRequests = rateLimits.begin(organization, exchange.startedAtMs);
  if (tooManyRequests === undefined) exchange.response.once("close", () => rateLimits.end(organization));
  const body = await readParsedBody(exchange, services);
  if (body === undefined) return;
  if (tooManyRequests !== undefined) return refuseForRate(exchange, services, tooManyRequests);
  try {
    const submission = deployed(submissionOf(body, account, services));
    const edit = checkEdit(submission, configuration.models, configuration.defaultModel);
    await carryOut(exchange, account, services, edit, call);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    refuse(exchange, services, error.refusal);
  }
}

/** Reads the body and records it. Undefined when the client went away or was refused for its size. */
export async function readParsedBody(
  exchange: Exchange,
  services: Services,
): Promise<ParsedBody | undefined> {
  const { request, record } = exchange;
  const { maximumBodyBytes } = services.configuration;
  const read = await readBody(request, { maximumBytes: maximumBodyBytes });
  if (read.outcome === "too-large") refuse(exchange, services, refusals.bodyTooLarge(maximumBodyBytes));
  if (read.outcome === "aborted") record.bodyLength = read.readBytes;
  if (read.outcome !== "complete") return undefined;
  record.bodyLength = read.body.length;
  const parsed = parseBody(request.headers["content-type"], read.body);
  if (!services.recorder.keepsAny) return parsed;
  if (parsed.type === "multipart") record.parts = parsed.parts.map(recordedPart);
  if (parsed.type === "json") record.json = recordedJson(parsed.value);
  return parsed;
}

function submissionOf(body: ParsedBody, account: Account, services: Services): Submission {
  switch (body.type) {
    case "unreadable":
      throw new RefusedError(body.refusal);
    case "multipart":
      return submissionFromParts(body.parts);
    case "json":
      return submissionFromJson(body.value, account.organization, services.knownFiles);
  }
}

/** A valid edit: limits, faults, pictures, bill, answer. */
async function carryOut(
  exchange: Exchange,
  account: Account,
  services: Services,
  edit: ValidEdit,
  call: number,
): Promise<void> {
  const { configuration, rateLimits, faults, holds, calls, painter, clock } = services;
  const { record } = exchange;
  const usage = usageOf(edit, drawVariation(configuration.usage, configuration.seed, edit));
  const tokens = usage?.whole.total_tokens ?? 0;
  calls.understood(call, edit.model.id, edit.count, edit.images.length, tokens);
  record.model = edit.model.id;
  record.images = edit.count;
  record.tokens = tokens;
  const amounts = { images: edit.count, "input-images": edit.images.length, tokens };
  const excess = rateLimits.take(account.organization, edit.model.id, amounts, exchange.startedAtMs);
  if (excess !== undefined) return refuseForRate(exchange, services, excess);

  const fault = faults.strike({
    at: "answer",
    key: account.key,
    model: edit.model.id,
    user: edit.user,
    stream: edit.stream,
    pricedByPicture: priceOfPicture(edit.model, edit.size, edit.quality) !== undefined,
  });
  if (fault !== undefined) record.fault = fault.kind;
  const usages = toldUsages(edit, usage, fault?.kind === "usage" ? fault.remains : undefined);
  if (fault !== undefined && isInsteadOfAnswer(fault)) {
    if (fault.billed) charge(exchange, account, services, edit, usage, usages);
    await clock.sleep(latencyMs(services));
    return breakInsteadOfAnswer(exchange, services, fault);
  }
  const finished = await painter.paint(edit);
  const stages = await Promise.all(finished.map((picture) => painter.paintStages(edit, picture)));
  // From here on the pictures exist and cost money, whether or not the client is still there.
  if (fault?.kind !== "stream-error" || fault.billed)
    charge(exchange, account, services, edit, usage, usages);
  await clock.sleep(latencyMs(services) + (fault?.kind === "delay" ? fault.ms : 0));
  if (fault?.kind === "hold") await holds.hold((gone) => exchange.response.once("close", gone));
  const told = usages.map(({ told }) => told);
  if (edit.stream) {
    return answerWithEvents(exchange, services, edit, { finished, stages, usages: told }, fault);
  }
  return answerWithJson(exchange, services, edit, finished, told[0], fault);
}

function charge(
  exchange: Exchange,
  account: Account,
  services: Services,
  edit: ValidEdit,
  usage: EditUsage | undefined,
  usages: readonly ToldUsage[],
): void {
  const { model, size, quality } = edit;
  const amounts = usages.map(({ images, billed }) =>
    chargeNanoUsd({ model, size, quality, images, usage: billed }),
  );
  services.bill.add({
    requestId: exchange.requestId,
    key: account.key,
    organization: account.organization,
    model: model.id,
    time: new Date(services.clock.now()).toISOString(),
    images: edit.count,
    usage: usages.some(({ billed }) => billed === undefined) ? null : (usage?.whole ?? null),
    nanoUsd: amounts.reduce((sum, amount) => sum + amount, 0n).toString(),
    amounts: amounts.map(String),
  });
  exchange.record.billed = true;
}
