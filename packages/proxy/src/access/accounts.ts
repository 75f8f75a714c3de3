import {
  Authenticator,
  BudgetCalendar,
  Directory,
  type FieldOf,
  MasterKey,
  NamedPayers,
  type Payer,
  type Principal,
  customerOf,
  keyFromHeaders,
  payersOf,
} from "@darkroom/accounts";
import { InvalidRequestError } from "@darkroom/router";
import type { IncomingHttpHeaders } from "node:http";
import type { GatewayConfig } from "../config/index.js";
import { GatewayError } from "../errors.js";

/** Whom a request is charged to. */
export interface ChargedRequest {
  readonly payers: readonly Payer[];
  /** The customer that it named. */
  readonly customer: string | undefined;
}

type Settings = Pick<GatewayConfig, "accounts" | "masterKey" | "keyHeaderName">;

/** Keys, teams and budgets, as the gateway works with them: who asks, and who pays. */
export class Accounts {
  private constructor(
    readonly directory: Directory,
    /** When budgets begin anew. */
    readonly calendar: BudgetCalendar,
    private readonly settings: Settings,
    private readonly authenticator: Authenticator,
    private readonly named: NamedPayers,
  ) {}

  /** @throws DirectoryError */
  static async open(folder: string, settings: Settings): Promise<Accounts> {
    const { accounts, masterKey } = settings;
    const directory = Directory.open({ folder });
    const remembered = { graceMs: accounts.directoryGraceMs };
    const authenticator = await Authenticator.open({
      directory,
      ...(masterKey !== undefined && { masterKey: new MasterKey(masterKey) }),
      settings: remembered,
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
    );
  }

  /** Whether whoever asks must show a key. */
  get needKey(): boolean {
    return this.settings.masterKey !== undefined;
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
    return { payers: payersOf(account, named), customer };
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
  return [...new Set([...asked, ...(key?.tags ?? []), ...(team?.tags ?? [])])];
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
