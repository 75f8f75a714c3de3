import type { RequestTable } from "../schema.js";
import type { NewAttempt } from "./alike-attempts.js";
import type { LedgerStatements, RunningRequest } from "./statements.js";

type EndedRequest = Omit<RequestTable, "number">;

/** Attempts that were to be written. */
export interface WrittenAttempts {
  readonly entered: readonly NewAttempt[];
  /** Those that were there already: of these nothing has changed. */
  readonly known: readonly NewAttempt[];
}

/** The attempts and requests of a batch, which are written many at a time. */
export class BatchRows {
  #attempts: NewAttempt[] = [];
  /** By id: the last word on each. */
  readonly #ended = new Map<string, EndedRequest>();

  constructor(private readonly statements: LedgerStatements) {}

  addAttempt(attempt: NewAttempt): void {
    this.#attempts.push(attempt);
  }

  addRequest(request: EndedRequest): void {
    this.#ended.set(request.requestId, request);
  }

  /** Writes what was added since it was last called. */
  async write(): Promise<WrittenAttempts> {
    const written = await this.#writeAttempts();
    const running = written.entered.filter(({ row }) => !this.#ended.has(row.requestId));
    await this.statements.upsertRequests.run([...this.#ended.values()]);
    await this.statements.noteAttempts.run(requestsOf(running));
    this.#ended.clear();
    return written;
  }

  async #writeAttempts(): Promise<WrittenAttempts> {
    const attempts = this.#attempts;
    this.#attempts = [];
    const entered = await this.statements.insertAttempts.all(attempts.map(({ row }) => row));
    if (entered.length === attempts.length) return { entered: attempts, known: [] };
    const ids = new Set((entered as { attempt_id: string }[]).map(({ attempt_id: id }) => id));
    const written = { entered: [] as NewAttempt[], known: [] as NewAttempt[] };
    // Of one that comes twice in a batch, the first is entered.
    for (const attempt of attempts)
      written[ids.delete(attempt.row.attemptId) ? "entered" : "known"].push(attempt);
    return written;
  }
}

/** What attempts tell of their requests. */
function requestsOf(attempts: readonly NewAttempt[]): RunningRequest[] {
  const requests = new Map<string, RunningRequest>();
  for (const { row } of attempts) {
    const { requestId, atMs, caller, requestedModel, modelGroup, deploymentId, retry, fallback } = row;
    const { attempts = 0, retries = 0, startedAtMs = atMs } = requests.get(requestId) ?? {};
    requests.set(requestId, {
      ...{ requestId, startedAtMs, caller, requestedModel, modelGroup, deploymentId },
      attempts: attempts + 1,
      retries: retries + Number(retry > 0),
      fallbacks: fallback,
    });
  }
  return [...requests.values()];
}
