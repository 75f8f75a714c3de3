import {
  Authenticator,
  BudgetCalendar,
  Directory,
  type FieldOf,
  type GatewayChannel,
  MasterKey,
  NamedPayers,
  type Payer,
  type Principal,
  SharedFeed,
  customerOf,
  keyFromHeaders,
  payersOf,
} from "@darkroom/accounts";
import { InvalidRequestError } from "@darkroom/router";
import type { IncomingHttpHeaders } from "node:http";
import type { GatewayConfig } from "../config/index.js";
import { GatewayError } from "../errors.js";
import { SeenCustomers } from "./seen-customers.js";

/** Whom a request is charged to. */
export interface ChargedRequest {
  readonly payers: readonly Payer[];
  /** The model that its customer has where it names none. */
  readonly defaultModel: string | undefined;
}

type Settings = Pick<GatewayConfig, "accounts" | "masterKey" | "keyHeaderName" | "postgres">;

/** Keys, teams and budgets, as the gateway works with them: who asks, and who pays. */
export class Accounts {
  private constructor(
    readonly directory: Directory,
    /** When budgets begin anew. */
    readonly calendar: BudgetCalendar,
    private readonly settings: Settings,
    private readonly authenticator: Authenticator,
    private readonly named: NamedPayers,
    private readonly seenCustomers: SeenCustomers,
  ) {}

  /**
   * @param folder where the directory is, unless a PostgreSQL is configured
   * @param channel to the other gateways that share it
   * @throws DirectoryError
   */
  static async open(folder: string, settings: Settings, channel?: GatewayChannel): Promise<Accounts> {
    const { accounts, masterKey, postgres } = settings;
    const directory =
      postgres === undefined
        ? Directory.open({ folder })
        : await Directory.connect({
            postgres,
            feed: new SharedFeed({ ...(channel !== undefined && { channel }) }),
          });
    const remembered = { graceMs: accounts.directoryGraceMs };
    const authenticator = await Authenticator.open({
      directory,
      ...(masterKey !== undefined && { masterKey: new MasterKey(masterKey) }),
      settings: remembered,
    }).catch(async (error: unknown) => {
      await directory.close();
      throw error;
    });
    return new Accounts(
      directory,
      new BudgetCalendar(accounts.calendar),
      settings,
      authenticator,
      new NamedPayers({
        directory,
        customerLimits: accounts.customerLimits,
        ...(accounts.customerBudgetId !== undefined && { customerBudgetId: accounts.customerBudgetId }),
        settings: remembered,
      }),
      new SeenCustomers(directory),
    );
  }

  /** Whether whoever asks must show a key. */
  get needKey(): boolean {
    return this.settings.masterKey !== undefined;
  }

  /** Whether a secret is the operator's own. */
  isMasterKey(secret: string): boolean {
    return this.authenticator.isMasterKey(secret);
  }

  /**
   * Who asks. Decides from the headers alone, so that nothing of a refused request's body is ever read into memory; at once,
   * where they were here a moment ago.
   * @throws AuthenticationError
   */
  identify(headers: IncomingHttpHeaders): Principal | Promise<Principal> {
    return this.authenticator.authenticate(keyFromHeaders(headers, this.settings.keyHeaderName));
  }

  /**
   * Who is charged for a request.
   * @param tags that the request names; the key's and its team's come on top
   * @throws InvalidRequestError for a customer's id that nobody could keep; GatewayError where the customer is blocked
   */
  async chargedFor(
    { account }: Principal,
    headers: IncomingHttpHeaders,
    fieldOf: FieldOf,
    tags: readonly string[],
  ): Promise<ChargedRequest> {
    const customer = this.#customerOf(headers, fieldOf);
    const named = {
      ...(customer !== undefined && { customer: await this.named.customer(customer) }),
      tags: await Promise.all(tags.map((tag) => this.named.tag(tag))),
      proxyLimits: this.settings.accounts.proxyLimits,
    };
    if (named.customer?.blocked === true) throw customerBlocked(named.customer.id);
    return { payers: payersOf(account, named), defaultModel: named.customer?.defaultModel };
  }

  /** An edit was made for these: its customer is known from now on. */
  noteUse(payers: readonly Payer[]): void {
    for (const { scope, id } of payers) if (scope === "customer") this.seenCustomers.note(id);
  }

  /** What an operator should know of the directory, to be said at start. */
  async remarks(): Promise<readonly string[]> {
    const { customerBudgetId: id } = this.settings.accounts;
    if (id === undefined || (await this.directory.read.budgets.get(id)) !== undefined) return [];
    return [
      `max_end_user_budget_id names the budget "${id}", which there is none of: until it is made, by /budget/new, it limits no customer`,
    ];
  }

  async close(): Promise<void> {
    await this.seenCustomers.close();
    this.authenticator.close();
    this.named.close();
    await this.directory.close();
  }

  #customerOf(headers: IncomingHttpHeaders, fieldOf: FieldOf): string | undefined {
    try {
      return customerOf(headers, fieldOf, { headerNames: this.settings.accounts.customerHeaders });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new InvalidRequestError(`Invalid value for 'user': ${error.message}.`, {
        field: "user",
        code: "invalid_value",
      });
    }
  }
}

/** The tags that a request counts under: its own, its key's and its team's. */
export function tagsOf({ account }: Principal, asked: readonly string[]): readonly string[] {
  const { key, team } = account ?? {};
  const own = [key, team].flatMap((record) => [...(record?.tags ?? []), ...tagsWithin(record?.metadata)]);
  return [...new Set([...asked, ...own])];
}

/** Where LiteLLM keeps them. */
function tagsWithin(metadata: Readonly<Record<string, unknown>> | undefined): readonly string[] {
  const tags = metadata?.["tags"];
  return Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : [];
}

/** Whether a key's edits stay in the group that was asked for (LiteLLM's `metadata.disable_fallbacks`). */
export function staysInGroup({ account }: Principal): boolean {
  return account?.key.metadata["disable_fallbacks"] === true;
}

function customerBlocked(id: string): GatewayError {
  return new GatewayError({
    status: 403,
    type: "auth_error",
    code: "403",
    param: "user",
    message: `Customer '${id}' is blocked. An admin can unblock them with /customer/unblock.`,
  });
}
