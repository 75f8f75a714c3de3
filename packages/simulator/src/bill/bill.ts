import type { Usage } from "../usage/usage.js";

/** One billed request. `nanoUsd` is in 10^-9 US dollars, a string of digits so that JSON keeps it exact. */
export interface BillLine {
  readonly requestId: string;
  readonly key: string;
  readonly organization: string;
  readonly model: string;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly images: number;
  /** What it was billed by; null: by the price of its pictures. */
  readonly usage: Usage | null;
  readonly nanoUsd: string;
  /** What `nanoUsd` is the sum of: one amount for a whole answer, one for each picture of a stream. */
  readonly amounts: readonly string[];
}

export interface BillTotal {
  readonly requests: number;
  readonly images: number;
  readonly nanoUsd: string;
}

/** What OpenAI would charge: every request for which pictures were made, whether or not its answer arrived. */
export class Bill {
  #lines: BillLine[] = [];
  readonly #keys = new Totals();
  readonly #organizations = new Totals();
  readonly #overall = new Totals();

  add(line: BillLine): void {
    this.#lines.push(line);
    this.#keys.add(line.key, line);
    this.#organizations.add(line.organization, line);
    this.#overall.add("overall", line);
  }

  get lines(): readonly BillLine[] {
    return this.#lines;
  }

  totals(): {
    keys: Record<string, BillTotal>;
    organizations: Record<string, BillTotal>;
    overall: BillTotal;
  } {
    return {
      keys: this.#keys.toJSON(),
      organizations: this.#organizations.toJSON(),
      overall: this.#overall.toJSON()["overall"] ?? { requests: 0, images: 0, nanoUsd: "0" },
    };
  }

  clear(): void {
    this.#lines = [];
    for (const totals of [this.#keys, this.#organizations, this.#overall]) totals.clear();
  }
}

/** Running sums by name, so that the totals of a long load test cost nothing to read. */
class Totals {
  readonly #sums = new Map<string, { requests: number; images: number; nanoUsd: bigint }>();

  add(name: string, line: BillLine): void {
    const sum = this.#sums.get(name) ?? { requests: 0, images: 0, nanoUsd: 0n };
    this.#sums.set(name, {
      requests: sum.requests + 1,
      images: sum.images + line.images,
      nanoUsd: sum.nanoUsd + BigInt(line.nanoUsd),
    });
  }

  toJSON(): Record<string, BillTotal> {
    return Object.fromEntries(
      Array.from(this.#sums, ([name, sum]) => [name, { ...sum, nanoUsd: sum.nanoUsd.toString() }]),
    );
  }

  clear(): void {
    this.#sums.clear();
  }
}
