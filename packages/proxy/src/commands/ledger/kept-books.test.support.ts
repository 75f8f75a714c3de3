import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type IntentRecord,
  Journal,
  Ledger,
  type OutcomeRecord,
  type RequestRecord,
} from "@darkroom/accounts";

/** 2026-01-01. */
export const startMs = Date.UTC(2026, 0, 1);

/** A data folder with real books; close it behind the test. */
export class KeptBooks {
  readonly folder = mkdtempSync(join(tmpdir(), "darkroom-books-"));
  #journal: Journal | undefined;
  #ledger: Ledger | undefined;

  async open(): Promise<Ledger> {
    this.#journal = await Journal.open({ folder: this.folder });
    this.#ledger = await Ledger.open({ folder: this.folder, journal: this.#journal });
    return this.#ledger;
  }

  /** Sent, and not heard of again. */
  async send(attemptId: string, given: Partial<IntentRecord> = {}): Promise<void> {
    await this.#journal!.intend({
      attemptId,
      requestId: "request-1",
      atMs: startMs,
      caller: "key-1",
      requestedModel: "edits",
      group: "edits",
      deploymentId: "edits-one",
      provider: "openai",
      model: "gpt-image-1",
      retry: 0,
      fallback: 0,
      n: 1,
      stream: false,
      inputImages: 1,
      promptBytes: 13,
      prompt: "a secret hat",
      charges: [{ meter: "team:red", period: "2026-01" }],
      estimateNanoUsd: 250_000_000n,
      priceVersion: "2026-01-01",
      ...given,
    });
  }

  async conclude(attemptId: string, given: Partial<OutcomeRecord> = {}): Promise<void> {
    await this.#journal!.conclude({
      attemptId,
      atMs: startMs + 12_000,
      state: "certain",
      costNanoUsd: 42_000_000n,
      breakdown: { inputText: 2_000_000n, outputImage: 40_000_000n },
      basis: "usage",
      tokens: { textInput: 24, imageOutput: 1_000 },
      images: 1,
      size: "1024x1024",
      quality: "high",
      durationMs: 12_000,
      status: 200,
      upstreamRequestId: "req_upstream",
      ...given,
    });
  }

  /** Sent, and cut off: it may have been charged. */
  async cutOff(attemptId: string, given: Partial<IntentRecord> = {}): Promise<void> {
    await this.send(attemptId, given);
    await this.conclude(attemptId, {
      state: "uncertain",
      costNanoUsd: 250_000_000n,
      breakdown: undefined as never,
      tokens: undefined as never,
      basis: "estimate",
      images: 0,
      status: undefined as never,
      upstreamRequestId: undefined as never,
      errorClass: "APIConnectionError",
      reason: "the connection was reset",
    });
  }

  end(requestId: string, given: Partial<RequestRecord> = {}): void {
    this.#journal!.note("request", {
      requestId,
      startedAtMs: startMs - 5,
      endedAtMs: startMs + 12_010,
      caller: "key-1",
      route: "/v1/images/edits",
      requestedModel: "edits",
      group: "edits",
      deploymentId: "edits-one",
      status: 200,
      attempts: 1,
      retries: 0,
      fallbacks: 0,
      waitedMs: 3,
      waitedFor: "0.003 s before edits-two was called",
      upstreamMs: 12_000,
      requestBytes: 1_000,
      answerBytes: 2_000,
      images: 1,
      costNanoUsd: 42_000_000n,
      ...given,
    });
  }

  /** Ends as a gateway does. */
  async close(): Promise<void> {
    await this.#ledger?.close();
    await this.#journal?.close();
    this.#ledger = undefined;
    this.#journal = undefined;
  }

  async remove(): Promise<void> {
    await this.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
