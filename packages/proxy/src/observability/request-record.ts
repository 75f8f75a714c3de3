import { randomUUID } from "node:crypto";
import type { Limits } from "@darkroom/accounts";
import { formatUsd } from "@darkroom/cost-calculator";
import { type EditReport, RouterError } from "@darkroom/router";
import type { Response } from "express";
import type { HeaderList, Timing } from "../answers/answer-headers.js";
import { keyRateHeaders } from "../answers/key-rate-headers.js";
import type { EditAccount } from "../budgets/edit-account.js";

/** What is known of one request while it is handled: filled on the way, told in headers, logs and metrics. */
export class RequestRecord {
  readonly id = `req_${randomUUID().replaceAll("-", "")}`;
  readonly #idHeaders: string[];
  /** Milliseconds since 1970. */
  readonly receivedAtMs = Date.now();
  /** Who asks, once that is known and allowed. */
  caller: string | undefined;
  /** The model group that was asked for, once it is known. */
  group: string | undefined;
  /** Who pays for its edit, where anybody is limited. */
  account: Pick<EditAccount, "keyRates"> | undefined;
  /** Of the body, where it was read. */
  requestBytes = 0;
  /** Of the body that the client was sent. */
  answerBytes = 0;
  report: EditReport | undefined;
  #replayOf: string | undefined;
  #edit: Promise<void> = Promise.resolve();
  /** Why the request was refused or failed. */
  reason: string | undefined;
  readonly #startedAtMs = performance.now();
  /** Time spent waiting for the client to go on sending its body. */
  pausesMs = 0;

  /** @param callId the client's own id for the call, which is kept if it is one, as LiteLLM does */
  constructor(callId: string | string[] | undefined) {
    const isId = typeof callId === "string" && /^[\w.:-]{1,128}$/.test(callId);
    this.#idHeaders = ["x-request-id", this.id, "x-litellm-call-id", isId ? callId : this.id];
  }

  /** The headers that every answer carries, errors too: names and values in turn. */
  get idHeaders(): readonly string[] {
    return this.#idHeaders;
  }

  /** Limits of the key that asks, in LiteLLM's headers; what is not limited is left out. */
  tellLimits(limits: Limits): void {
    const { maxBudgetNanoUsd, rpm, tpm } = limits;
    if (maxBudgetNanoUsd !== undefined)
      this.#idHeaders.push("x-litellm-key-max-budget", formatUsd(maxBudgetNanoUsd));
    if (rpm !== undefined) this.#idHeaders.push("x-litellm-key-rpm-limit", String(rpm));
    if (tpm !== undefined) this.#idHeaders.push("x-litellm-key-tpm-limit", String(tpm));
  }

  /** What is left of its rates, when the answer begins. */
  get rateHeaders(): HeaderList {
    return keyRateHeaders(this.account?.keyRates ?? []);
  }

  /** The request whose answer this one was given, if it was. */
  get replayOf(): string | undefined {
    return this.#replayOf;
  }

  /** The request gets the answer of an earlier one. */
  replays(requestId: string): void {
    if (this.#replayOf !== undefined) return;
    this.#replayOf = requestId;
    this.#idHeaders.push("x-darkroom-replay-of", requestId);
  }

  /** The edit that serves the request; it may end after its client has gone. */
  follow(edit: Promise<EditReport>): void {
    this.#edit = edit.then(
      (report) => {
        this.report = report;
      },
      (error: unknown) => {
        if (error instanceof RouterError) this.report = error.report;
      },
    );
  }

  /** Resolves when the edit, if there was one, has ended. */
  get editEnded(): Promise<void> {
    return this.#edit;
  }

  timing(): Timing {
    return { durationMs: performance.now() - this.#startedAtMs, pausesMs: this.pausesMs };
  }
}

/** The record that the first middleware gave the request. */
export function recordOf(response: Response): RequestRecord {
  return response.locals["record"] as RequestRecord;
}
