import {
  type Change,
  type NewKey,
  type ShownKey,
  createKey,
  ensureUser,
  lengthMs,
  parseDuration,
} from "@darkroom/accounts";
import { z } from "zod";
import { checkBudget, checkTeam } from "./context.js";
import { limitFields, limitsFrom } from "./limit-fields.js";
import { aliases, changed, duration, id, metadata, names, nothingOf, onOrOff, text } from "./values.js";

/** A key for ever is what LiteLLM writes as -1. */
const lifetime = z.union([z.literal("-1"), duration], {
  error: "expected a duration such as 30m, 24h, 7d or 1mo",
});

/** Fields that can be said of a key when it is made, and changed later. */
export const keyFields = {
  key_alias: text.nullish(),
  duration: lifetime.nullish(),
  user_id: id.nullish(),
  team_id: id.nullish(),
  budget_id: id.nullish(),
  models: names.nullish(),
  aliases: aliases.nullish(),
  tags: names.nullish(),
  metadata: metadata.nullish(),
  blocked: onOrOff.nullish(),
  ...limitFields,
};

export type KeyInput = Partial<z.output<z.ZodObject<typeof keyFields>>>;

/** LiteLLM's that restrict what a key may do, and that nobody here would obey. */
export const lackingKeyFields = [
  "allowed_cache_controls",
  "allowed_routes",
  "allowed_passthrough_routes",
  "allowed_vector_store_indexes",
  "auto_rotate",
  "budget_fallbacks",
  "budget_reset_at",
  "config",
  "enforced_params",
  "guardrails",
  "key_type",
  "object_permission",
  "organization_id",
  "permissions",
  "policies",
  "project_id",
  "prompts",
  "rotation_interval",
  "router_settings",
  "rpm_limit_type",
  "spend",
  "tpm_limit_type",
];

export const ignoredKeyFields = ["send_invite_email", "model_spend", "disable_global_guardrails"];

/** Makes a key from what its maker says of it. */
export async function makeKey(change: Change, input: KeyInput, ownSecret?: string): Promise<ShownKey> {
  const empty: NewKey = {
    blocked: false,
    models: [],
    aliases: {},
    tags: [],
    metadata: {},
    limits: {},
  };
  const key = withKeyInput(empty, input, change.nowMs);
  await checkReferences(change, key);
  if (key.userId !== undefined) await ensureUser(change, key.userId);
  return createKey(change, key, ownSecret);
}

/** What a key is after a request. */
export function withKeyInput<Key extends NewKey>(before: Key, input: KeyInput, nowMs: number): Key {
  const { duration: lasts } = input;
  const changes = {
    alias: input.key_alias === "" ? null : input.key_alias,
    userId: input.user_id,
    teamId: input.team_id,
    budgetId: input.budget_id,
    expiresAtMs: lasts == null || lasts === "-1" ? endless(lasts) : nowMs + lengthMs(parseDuration(lasts)),
    blocked: input.blocked ?? undefined,
    models: nothingOf(input.models, []),
    aliases: nothingOf(input.aliases, {}),
    tags: nothingOf(input.tags, []),
    metadata: nothingOf(input.metadata, {}),
    limits: limitsFrom(input, nowMs, before.limits),
  };
  return changed<NewKey>(before, changes) as Key;
}

/** Without a lifetime, or with one that is taken away, a key does not end; unless nothing was said of it. */
function endless(lasts: string | null | undefined): null | undefined {
  return lasts === undefined ? undefined : null;
}

export async function checkReferences(change: Change, { teamId, budgetId }: NewKey): Promise<void> {
  await checkTeam(change, teamId);
  await checkBudget(change, budgetId);
}
