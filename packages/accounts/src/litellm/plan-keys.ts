import { memberIdOf } from "../directory/records.js";
import { meterOf } from "../payers/meters.js";
import { limitsOfRow } from "./limits-of-row.js";
import { type LiteLlmRow, RowError } from "./litellm-row.js";
import type { PlanDraft } from "./plan-draft.js";
import { restrictionsOfKey } from "./restrictions.js";
import { aliasesOf, named, plain } from "./row-parts.js";

/** Keys of LiteLLM's admin page, which it makes for each who signs in there. */
const dashboardTeam = "litellm-dashboard";

const hashForm = /^[0-9a-f]{64}$/;

/** @param aliases of the keys before it: no two have the same here */
export function planKey(draft: PlanDraft, row: LiteLlmRow, aliases: Set<string>): void {
  const { findings } = draft;
  const keyId = row.text("token") ?? "";
  const [alias, userId, teamId] = [row.text("key_alias"), row.text("user_id"), row.text("team_id")];
  const name = named(row.text("key_name") ?? `${keyId.slice(0, 8)}…`, alias);
  const metadata = row.object("metadata");
  const made = findings.made("key", name, restrictionsOf(draft, row), () => {
    checkKey(draft, row);
    const expiresAtMs = row.time("expires");
    return {
      keyId,
      hash: keyId,
      name: row.text("key_name") ?? "sk-...",
      ...(alias !== undefined && !aliases.has(alias) && { alias }),
      ...(userId !== undefined && { userId }),
      ...(teamId !== undefined && { teamId }),
      ...draft.budgetOf(row),
      ...(expiresAtMs !== undefined && { expiresAtMs }),
      blocked: row.flag("blocked"),
      models: row.texts("models"),
      aliases: aliasesOf(row.object("aliases")),
      tags: metadata.texts("tags"),
      metadata: plain(metadata),
      limits: limitsOfRow(row),
    };
  });
  if (made === undefined) return;
  if (alias !== undefined && aliases.has(alias))
    findings.add("key", name, "changed", "another key has its alias; it comes without");
  if (alias !== undefined) aliases.add(alias);
  if (row.flag("auto_rotate")) findings.add("key", name, "changed", "its secret is not replaced by itself");
  draft.noteModelSpend("key", name, made.limits);
  draft.keys.set(keyId, made);
  draft.secrets.push({ hash: keyId, keyId });
  if (userId !== undefined) draft.ensureUser(userId);
  draft.carry("key", name, meterOf.key(keyId), row, made);
}

/** A secret that was replaced, and is taken for a while yet. */
export function planOldSecret(draft: PlanDraft, row: LiteLlmRow): void {
  const [hash = "", keyId = ""] = [row.text("token"), row.text("active_token_id")];
  const validUntilMs = row.time("revoke_at") ?? 0;
  if (draft.keys.has(keyId) && validUntilMs > draft.options.nowMs && hashForm.test(hash))
    draft.secrets.push({ hash, keyId, validUntilMs });
}

function restrictionsOf(draft: PlanDraft, row: LiteLlmRow): readonly string[] {
  const organizationId = row.text("organization_id");
  const ofTeam = draft.teams.get(row.text("team_id") ?? "")?.organizationId;
  const isOutside = organizationId !== undefined && organizationId !== ofTeam;
  return [...restrictionsOfKey(row), ...(isOutside ? ["organization_id"] : [])];
}

/** @throws RowError */
function checkKey({ teams, leftOut }: PlanDraft, row: LiteLlmRow): void {
  const [teamId, userId] = [row.text("team_id"), row.text("user_id")];
  if (!hashForm.test(row.text("token") ?? "")) throw new RowError("is not kept as the SHA-256 of its secret");
  if (teamId === dashboardTeam) throw new RowError("is a session of LiteLLM's admin page");
  if (teamId === undefined) return;
  if (!teams.has(teamId)) throw new RowError(`belongs to the team '${teamId}', which does not come`);
  if (userId !== undefined && leftOut.member.has(memberIdOf({ teamId, userId })))
    throw new RowError(`belongs to a member of the team '${teamId}' who is left out`);
}
