import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BudgetCalendar, type CalendarOptions, type Limits, type Payer } from "@darkroom/accounts";
import {
  type Deployment,
  EmbeddedAdmission,
  type Intent,
  type MeterUse,
  MultipartBody,
  type Outcome,
  type Refusal,
} from "@darkroom/router";
import type { EditEstimate } from "@darkroom/cost-calculator";
import { pino } from "pino";
import { Books } from "../books/books.js";
import { BudgetMeters } from "./budget-meters.js";
import { type BudgetRules, EditAccount } from "./edit-account.js";

export const deployment: Deployment = {
  id: "first",
  group: "edits",
  model: "gpt-image-1",
  apiBase: "https://api.openai.com/v1",
};

const body = MultipartBody.of([{ name: "prompt", content: [Buffer.from("Add a red hat")] }]);
const parts = { inputText: 0n, inputImage: 0n, cached: 0n, outputImage: 0n, outputText: 0n };

export function estimate(nanoUsd: bigint): EditEstimate {
  return { nanoUsd, basis: "tokens", breakdown: { ...parts, outputImage: nanoUsd } };
}

/** A payer whose meter is `key:one` for the id `one`. */
export function keyOf(id: string, limits: Limits): Payer {
  return { scope: "key", id, meter: `key:${id}`, limits };
}

/** An attempt that was admitted. */
export interface Taken {
  readonly intent: Intent;
  readonly payers: readonly Payer[];
}

/** Budgets as a gateway has them, with books on a disk and a clock that is turned by hand, and without anything upstream. */
export class OpenedBudgets {
  readonly #folder = mkdtempSync(join(tmpdir(), "darkroom-budgets-"));
  readonly calendar: BudgetCalendar;
  books!: Books;
  admission!: EmbeddedAdmission;
  meters!: BudgetMeters;
  #ids = 0;

  private constructor(
    public nowMs: number,
    calendar: CalendarOptions,
  ) {
    this.calendar = new BudgetCalendar(calendar);
  }

  static async open(nowMs: number, calendar: CalendarOptions = {}): Promise<OpenedBudgets> {
    const opened = new OpenedBudgets(nowMs, calendar);
    await opened.start();
    return opened;
  }

  /** What a process that begins knows: the books alone. */
  async start(): Promise<void> {
    this.books = await Books.open(this.#folder, pino({ enabled: false }));
    this.admission = new EmbeddedAdmission({ nowMs: () => this.nowMs });
    this.meters = new BudgetMeters(this.books, this.admission, () => this.nowMs);
    this.books.attempts.follow(this.meters);
    this.books.ledger.listen((corrected) => this.meters.corrected(corrected));
  }

  /** Ends the process: attempts under way never get an outcome, and whoever begins next finds that. */
  async restart(): Promise<void> {
    await this.books.close();
    await this.start();
  }

  async close(): Promise<void> {
    await this.books.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  account(payers: readonly Payer[], rules: Partial<BudgetRules> = {}): EditAccount {
    const { calendar, meters } = this;
    const all = { calendar, meters, status: 429, unpriced: "refuse", nowMs: () => this.nowMs } as const;
    const groupOf = (model: string): string => model;
    const limits = { deploymentLimits: new Map<string, Limits>(), providerLimits: new Map<string, Limits>() };
    return new EditAccount(payers, "edits", "edits", { ...all, groupOf, ...limits, ...rules }, () => []);
  }

  /** Admits an attempt as a gateway's gate does. */
  async admit(payers: readonly Payer[], nanoUsd: bigint): Promise<Taken | Refusal> {
    const attemptId = `attempt-${String((this.#ids += 1))}-${String(this.nowMs)}`;
    const { answer, charges } = await this.#ask(payers, attemptId, nanoUsd);
    if (answer.kind === "refused") return answer.refusals[0] as Refusal;
    const paidFrom = charges.map(({ meter }) => meter);
    return { intent: this.intentOf(attemptId, nanoUsd, { paidFrom }), payers };
  }

  /** How full a payer's only budget is. */
  async useOf(payer: Payer): Promise<MeterUse> {
    const { charges } = await this.#ask([payer], "never fits", 10n ** 18n);
    return this.admission.usage(charges.map(({ meter }) => meter))[0] as MeterUse;
  }

  async #ask(payers: readonly Payer[], attemptId: string, nanoUsd: bigint) {
    const account = this.account(payers);
    for (;;) {
      const charges = account.callCharges({ deployment, estimate: estimate(nanoUsd), nowMs: this.nowMs });
      if (charges instanceof Error) throw charges;
      const request = { attemptId, requestId: attemptId, requestCharges: [] };
      const answer = this.admission.admit({ ...request, candidates: [{ id: "first", charges }] });
      if (answer.kind === "admitted" || answer.kind === "refused") return { answer, charges };
      if (answer.kind !== "unseeded") throw new Error(answer.kind);
      const seeds = answer.meters.map(async (meter) =>
        this.admission.seed([{ meter, spent: await account.spentOf(meter) }]),
      );
      await Promise.all(seeds);
    }
  }

  intentOf(attemptId: string, nanoUsd: bigint, given: Partial<Intent> = {}): Intent {
    const request = { id: attemptId, model: "edits", parameters: body.parameters, body };
    const path = { group: "edits", deployment, retry: 0, fallback: 0, paidFrom: [] };
    return { attemptId, atMs: this.nowMs, request, ...path, estimate: estimate(nanoUsd), ...given };
  }

  async intend({ intent, payers }: Taken): Promise<void> {
    this.books.origins.note(intent.request, { caller: "somebody", payers });
    await this.books.attempts.intend(intent);
  }

  /** In the order of every attempt: concluded, then settled. Null: nobody knows what it cost. */
  async conclude({ intent }: Taken, nanoUsd: bigint | null): Promise<void> {
    const charged = nanoUsd ?? intent.estimate?.nanoUsd ?? 0n;
    await this.books.attempts.conclude({
      ...endOf(intent),
      atMs: this.nowMs,
      state: nanoUsd === null ? "uncertain" : "certain",
      nanoUsd: charged,
    });
    if (intent.paidFrom.length === 0) return;
    const corrections = intent.paidFrom.map((meter) => ({
      charge: { meter, amount: charged },
      used: charged,
    }));
    const { attemptId, atMs: admittedAtMs } = intent;
    this.admission.settle([{ attemptId, admittedAtMs, corrections }]);
  }

  /** Makes an edit from its beginning to its end. */
  async edit(payers: readonly Payer[], nanoUsd: bigint, costNanoUsd = nanoUsd): Promise<Taken> {
    const taken = await this.admit(payers, nanoUsd);
    if (!("intent" in taken)) throw new Error("refused");
    await this.intend(taken);
    await this.conclude(taken, costNanoUsd);
    return taken;
  }
}

function endOf(intent: Intent): Omit<Outcome, "atMs" | "state" | "nanoUsd"> {
  const ended = {
    durationMs: 1,
    succeeded: true,
    status: 200,
    reason: undefined,
    upstreamRequestId: undefined,
  };
  return {
    intent,
    cost: null,
    tokens: null,
    images: 1,
    size: undefined,
    quality: undefined,
    report: { attemptId: intent.attemptId, deployment, ...ended, dropped: [] },
    errorClass: undefined,
  };
}
