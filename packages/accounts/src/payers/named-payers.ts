import { Remembered, type RememberedSettings } from "../authentication/remembered.js";
import { type Limits, inherited } from "../budgets/limits.js";
import type { Directory, DirectoryReader } from "../directory/directory.js";

/** A customer or a tag, as a request names it. */
export interface NamedPayer {
  readonly id: string;
  readonly alias?: string;
  readonly blocked: boolean;
  /** Of a customer: the model of requests that name none. */
  readonly defaultModel?: string;
  /** Reusable budgets and defaults included. */
  readonly limits: Limits;
}

export interface NamedPayersOptions {
  readonly directory: Pick<Directory, "read" | "feed">;
  /** Of every customer that has no budget of its own (`max_end_user_budget`). */
  readonly customerLimits?: Limits;
  /** A reusable budget for them (`max_end_user_budget_id`). */
  readonly customerBudgetId?: string;
  readonly settings?: Partial<RememberedSettings>;
  readonly now?: () => number;
}

/** What is remembered of one, with the reusable budgets that its limits were made of. */
interface Known extends NamedPayer {
  readonly budgetIds: readonly (string | undefined)[];
}

/** Customers and tags that requests name. Whoever is in no directory is limited as the defaults say. */
export class NamedPayers {
  readonly #customers: Remembered<Known>;
  readonly #tags: Remembered<Known>;

  constructor({ directory, customerLimits, customerBudgetId, settings, now }: NamedPayersOptions) {
    const { read, feed } = directory;
    const options = {
      feed,
      ...(settings !== undefined && { settings }),
      ...(now !== undefined && { now }),
    };
    this.#customers = new Remembered({
      ...options,
      read: (id) => readCustomer(read, id, customerLimits, customerBudgetId),
      isAffected: (id, known, changed) => isAffected("customer", id, known, changed),
    });
    this.#tags = new Remembered({
      ...options,
      read: (name) => readTag(read, name),
      isAffected: (name, known, changed) => isAffected("tag", name, known, changed),
    });
  }

  /** @throws DirectoryUnavailableError */
  async customer(id: string): Promise<NamedPayer> {
    return (await this.#customers.get(id)) ?? unlimited(id);
  }

  /** @throws DirectoryUnavailableError */
  async tag(name: string): Promise<NamedPayer> {
    return (await this.#tags.get(name)) ?? unlimited(name);
  }

  close(): void {
    this.#customers.close();
    this.#tags.close();
  }
}

const unlimited = (id: string): NamedPayer => ({ id, blocked: false, limits: {} });

async function readCustomer(
  read: DirectoryReader,
  id: string,
  defaults: Limits | undefined,
  defaultBudgetId: string | undefined,
): Promise<Known> {
  const customer = await read.customers.get(id);
  const budgetId = customer?.budgetId;
  const own = inherited(customer?.limits ?? {}, await budgetOf(read, budgetId));
  const others = inherited((await budgetOf(read, defaultBudgetId)) ?? {}, defaults);
  return {
    id,
    ...(customer?.alias !== undefined && { alias: customer.alias }),
    blocked: customer?.blocked ?? false,
    ...(customer?.defaultModel !== undefined && { defaultModel: customer.defaultModel }),
    limits: inherited(own, others),
    budgetIds: [budgetId, defaultBudgetId],
  };
}

async function readTag(read: DirectoryReader, name: string): Promise<Known> {
  const tag = await read.tags.get(name);
  const limits = inherited(tag?.limits ?? {}, await budgetOf(read, tag?.budgetId));
  return { id: name, blocked: false, limits, budgetIds: [tag?.budgetId] };
}

async function budgetOf(read: DirectoryReader, id: string | undefined): Promise<Limits | undefined> {
  return id === undefined ? undefined : (await read.budgets.get(id))?.limits;
}

function isAffected(
  kind: "customer" | "tag",
  id: string,
  known: Known | undefined,
  changed: { readonly kind: string; readonly id: string },
): boolean {
  if (changed.kind === kind) return changed.id === id;
  return changed.kind === "budget" && known?.budgetIds.includes(changed.id) === true;
}
