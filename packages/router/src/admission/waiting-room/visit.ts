import type { Client } from "../../retries/deadline.js";

/** A request that no deployment could take, and that waits until one can. */
export interface Visit<Turn> {
  /** Whoever it came from: an opaque id. All visits of one caller share its turns. */
  readonly caller: string;
  /** Share of the caller where several wait; positive. 1 unless given; what came last counts. */
  readonly weight?: number;
  /** Lower comes first, whoever else waits, as in LiteLLM. 0 unless given. */
  readonly priority?: number;
  /** How many images it asks for, at least 1: its size, in turns and in limits. */
  readonly images: number;
  /** How long it may wait: `queue_timeout`, or what is left of its deadline if that is less. */
  readonly queueTimeoutMs: number;
  /** What the refusal said that brought it here, as in {@link Refused}. */
  readonly fitsInMs?: number | undefined;
  /** Whoever waits for the answer; nobody waits in the room for one who is gone. */
  readonly client: Client;
  /** Tries to be admitted. What it throws ends the visit as failed. */
  admit(): Promise<Admittance<Turn>>;
  /** Hands back what was admitted after the visit had ended. Must not throw. */
  abandon(turn: Turn): void;
}

export type Admittance<Turn> =
  | { readonly kind: "admitted"; readonly turn: Turn }
  | ({ readonly kind: "refused" } & Refused)
  /** It makes no sense to wait any longer. */
  | { readonly kind: "failed"; readonly error: unknown };

export interface Refused {
  /** Milliseconds until it will fit if nothing else is taken; undefined where that is not known. */
  readonly fitsInMs: number | undefined;
  /**
   * True where what refused it does not hold for the others here: a budget of its caller, a deployment that only it
   * demands. It stands aside then, and nobody waits behind it.
   */
  readonly isOwn?: boolean;
}

/** How a visit ended. */
export type EndOfVisit<Turn> =
  | { readonly kind: "admitted"; readonly turn: Turn; readonly waitedMs: number }
  /** There is no place, and its caller has most places already, or as many as anybody. */
  | { readonly kind: "full" }
  /** Its place went to a caller that had fewer; or the room was closed. */
  | { readonly kind: "dropped" }
  /** With what its last refusal said, counted from now. */
  | { readonly kind: "timed out"; readonly fitsInMs: number | undefined }
  | { readonly kind: "gone" }
  | { readonly kind: "failed"; readonly error: unknown };
