import type { RequestTable } from "../schema.js";
import type { NewAttempt } from "./alike-attempts.js";
import type { LedgerStatements, RunningRequest } from "./statements.js";

type EndedRequest = Omit<RequestTable, "number">;

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

  /**
   * Writes what was added since it was last called.
   * @returns the attempts that were not there
   */
  async write(): Promise<readonly NewAttempt[]> {
    const attempts = await this.#writeAttempts();
    const running = attempts.filter(({ row }) => !this.#ended.has(row.requestId));
    await this.statements.upsertRequests.run([...this.#ended.values()]);
    await this.statements.noteAttempts.run(requestsOf(running));
    this.#ended.clear();
    return attempts;
  }

  async #writeAttempts(): Promise<readonly NewAttempt[]> {
    const attempts = this.#attempts;
    this.#attempts = [];
    const written = await this.statements.insertAttempts.all(attempts.map(({ row }) => row));
    if (written.length === attempts.length) return attempts;
    const sequences = new Set((written as { sequence: bigint }[]).map(({ sequence }) => Number(sequence)));
    return attempts.filter(({ row }) => sequences.has(row.sequence));
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
