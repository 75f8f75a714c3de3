import type { EditReport } from "../report.js";
import type { Failure } from "../retries/failure.js";
import type { AnswerFacts } from "./answer-scanner.js";

/** What came of reading an upstream's answer. */
export interface Received {
  /** One for a whole answer; for a stream one for each `image_edit.completed`. */
  readonly facts: readonly AnswerFacts[];
  readonly failure?: Failure;
  /**
   * Gives the answer, or what was held back of a stream, to the client. Absent where the client has seen nothing yet
   * and should not: then another deployment may still serve it. Resolves when the client has taken it, or is gone.
   */
  readonly release?: (report: EditReport) => Promise<void>;
}
