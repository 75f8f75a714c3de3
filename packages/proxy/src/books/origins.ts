import type { Payer } from "@darkroom/accounts";
import type { EditRequest } from "@darkroom/router";
import type { Idempotency } from "../idempotency/idempotency.js";

/** What the books know of an edit and the router does not. */
export interface Origin {
  /** Who asked: no secret. */
  readonly caller: string;
  /** Who pays, wherever it is sent. */
  readonly payers: readonly Payer[];
  /** Only where the operator wants prompts to be kept. */
  readonly prompt?: string;
  /** Where the client gave its request a key. */
  readonly idempotency?: Idempotency | undefined;
}

/** The origins of the edits under way, each for as long as its edit is remembered. */
export class Origins {
  readonly #origins = new WeakMap<EditRequest, Origin>();

  note(edit: EditRequest, origin: Origin): void {
    this.#origins.set(edit, origin);
  }

  /** @throws TypeError for an edit that nobody noted */
  of(edit: EditRequest): Origin {
    const origin = this.#origins.get(edit);
    if (origin === undefined) throw new TypeError(`nobody knows where edit ${edit.id} comes from`);
    return origin;
  }
}
