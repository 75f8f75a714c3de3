import type { DailySum } from "@darkroom/accounts";
import { secretHash } from "@darkroom/accounts";
import type { ManagementContext } from "../management/context.js";
import { type Call, invalid } from "../management/management-route.js";

/** How many rows an answer has at most, whatever is asked for: more are for a page behind it, or a file. */
export const mostRows = 100_000;

/** The id of a key that somebody names by itself, its hash or its id; a key that is gone has spent all the same. */
export async function reportedKeyId({ directory }: ManagementContext, named: string): Promise<string> {
  const hash = named.startsWith("sk-") ? secretHash(named) : named;
  return (await directory.read.secrets.get(hash))?.keyId ?? hash;
}

/**
 * The keys that a caller may see: all, where they may see everything, else their own.
 * @throws GatewayError where they ask for another's
 */
export async function visibleKeyId(
  context: ManagementContext,
  { principal }: Call,
  asked: string | undefined,
): Promise<string | undefined> {
  const keyId = asked === undefined ? undefined : await reportedKeyId(context, asked);
  if (principal.role !== "caller") return keyId;
  const own = principal.account?.key.keyId;
  if (keyId !== undefined && keyId !== own)
    throw invalid("api_key", "This key may ask for what it has spent itself only.", 403);
  return own;
}

/** The keys of a user: those they have, and those that were charged to them and are gone. */
export async function keyIdsOfUser(
  { directory, ledger }: ManagementContext,
  userId: string,
): Promise<readonly string[]> {
  const present = await directory.read.keys.find({ userId });
  const charged = await ledger.reports.dailySpend({ scope: "user", ids: [userId] }, ["keyId"]);
  return [...new Set([...present.map(({ keyId }) => keyId), ...charged.map(keyIdOfSum)])];
}

/** The keys that were ever charged to a payer. */
export async function keyIdsOfPayer(
  { ledger }: ManagementContext,
  scope: string,
  id: string,
): Promise<readonly string[]> {
  return (await ledger.reports.dailySpend({ scope, ids: [id] }, ["keyId"])).map(keyIdOfSum);
}

function keyIdOfSum({ keyId = "" }: DailySum): string {
  return keyId;
}

/** What the ledger calls whoever asks with a key; see callerOf. */
export function callerOfKey(keyId: string): string {
  return `key-${keyId.slice(0, 16)}`;
}

/** `a,b` or a list, as queries have them. */
export function listed(text: string | undefined): readonly string[] | undefined {
  return text
    ?.split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
