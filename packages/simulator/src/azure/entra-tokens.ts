import { randomBytes } from "node:crypto";
import type { Clock } from "../clock.js";

/** An application of Microsoft Entra that may call the simulated Azure. */
export interface Application {
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** To whom its calls are charged. */
  readonly organization: string;
}

/** The tokens that were issued and are still good. */
export class EntraTokens {
  readonly #issued = new Map<string, { readonly application: Application; readonly endsAtMs: number }>();

  constructor(
    readonly lifetimeSeconds: number,
    private readonly clock: Clock,
  ) {}

  issue(application: Application): string {
    const token = `entra-${randomBytes(24).toString("hex")}`;
    this.#issued.set(token, { application, endsAtMs: this.clock.now() + this.lifetimeSeconds * 1000 });
    return token;
  }

  ownerOf(token: string): Application | undefined {
    const issued = this.#issued.get(token);
    if (issued === undefined) return undefined;
    if (this.clock.now() < issued.endsAtMs) return issued.application;
    this.#issued.delete(token);
    return undefined;
  }
}
