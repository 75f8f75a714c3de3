import {
  type Change,
  type KeyRecord,
  type NewKey,
  type ShownKey,
  changedNow,
  createKey,
  deleteKey,
  ensureUser,
  lengthMs,
  mayUseModel,
  parseDuration,
  rotateKey,
  secretHash,
} from "@darkroom/accounts";
import { z } from "zod";
import { keyAnswers, keySchema, only, shownKeySchema } from "./answers.js";
import { type ManagementContext, changing, checkBudget, checkTeam } from "./context.js";
import { limitFields, limitsFrom } from "./limit-fields.js";
import { type ManagementRoute, invalid, route } from "./management-route.js";
import { newKeyInput } from "./new-key-parameters.js";
import {
  aliases,
  changed,
  duration,
  id,
  ids,
  metadata,
  names,
  onOrOff,
  page,
  pageSize,
  text,
} from "./values.js";

/** A key for ever is what LiteLLM writes as -1. */
const lifetime = z.union([z.literal("-1"), duration], {
  error: "expected a duration such as 30m, 24h, 7d or 1mo",
});

const secret = z
  .string({ error: "expected a text" })
  .regex(/^sk-[\x21-\x7e]{8,253}$/, { error: "expected sk- and 8 to 253 characters" });

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

type KeyInput = Partial<z.output<z.ZodObject<typeof keyFields>>>;

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

export function keyRoutes(context: ManagementContext): readonly ManagementRoute[] {
  const { directory, now } = context;
  const { read } = directory;
  const answer = async (key: KeyRecord): Promise<object> => only(await keyAnswers(context, [key]));
  const shown = async ({ key, secret: shownSecret }: ShownKey): Promise<object> => ({
    key: shownSecret,
    ...(await answer(key)),
  });

  const update = async (change: Change, keyId: string, input: KeyInput): Promise<KeyRecord> => {
    const before = await change.keys.existing(keyId);
    const key = { ...withInput(before, input, change.nowMs), ...changedNow(change) };
    await checkReferences(change, key);
    await change.keys.replace(key);
    return key;
  };

  const setBlocked = (path: string, blocked: boolean): ManagementRoute =>
    route({
      method: "post",
      paths: [path],
      summary: blocked ? "Refuse a key until it is unblocked" : "Take a key again",
      audience: "admins",
      fields: { key: id },
      answer: keySchema,
      handle: async ({ key }, call) => {
        const changedKey = await changing(context, call, async (change) =>
          update(change, await keyIdOf(change, key), { blocked }),
        );
        return answer(changedKey);
      },
    });

  const regenerate = (paths: readonly string[]): ManagementRoute =>
    route({
      method: "post",
      paths,
      summary: "Give a key a new secret; what it has spent and may spend stays",
      audience: "admins",
      fields: {
        ...keyFields,
        key: id,
        new_key: secret.nullish(),
        grace_period: duration.nullish().describe("both secrets are taken for so long"),
      },
      lacking: lackingKeyFields,
      ignored: [...ignoredKeyFields, "key_name", "token"],
      answer: shownKeySchema,
      handle: async ({ key, new_key, grace_period, ...input }, call) =>
        shown(
          await changing(context, call, async (change) => {
            const keyId = await keyIdOf(change, key);
            await update(change, keyId, input);
            return rotateKey(change, keyId, {
              secret: new_key ?? undefined,
              graceMs: grace_period == null ? 0 : lengthMs(parseDuration(grace_period)),
            });
          }),
        ),
    });

  return [
    route({
      method: "post",
      paths: ["/key/generate"],
      summary: "Make a key; it is shown in this answer and never again",
      audience: "admins",
      fields: { ...keyFields, key: secret.nullish().describe("of your choice; else one is made") },
      lacking: lackingKeyFields.filter((name) => name !== "key_type"),
      ignored: ignoredKeyFields,
      prepare: (given) => withoutUsualType(newKeyInput(given, context)),
      answer: shownKeySchema,
      handle: async ({ key, ...input }, call) =>
        shown(await changing(context, call, (change) => makeKey(change, input, key ?? undefined))),
    }),
    route({
      method: "get",
      paths: ["/key/info"],
      summary: "What is known of a key; without `key`, of the one that asks",
      audience: "everybody",
      fields: { key: id.optional() },
      answer: z.object({ key: z.string(), info: keySchema }),
      handle: async ({ key }, call) => {
        const own = call.principal.account?.key.keyId;
        const keyId =
          key === undefined ? own : await keyIdOf({ secrets: read.secrets, keys: read.keys }, key);
        if (keyId === undefined) throw invalid("key", "Say which key: the one that asks is the master key.");
        if (call.principal.role === "caller" && keyId !== own) throw notYours();
        const found = await read.keys.get(keyId);
        if (found === undefined) throw notFound(key ?? "");
        return { key: key?.startsWith("sk-") === true ? found.name : found.hash, info: await answer(found) };
      },
    }),
    route({
      method: "post",
      paths: ["/key/update"],
      summary: "Change a key; what is not named stays, null takes it away",
      audience: "admins",
      fields: { ...keyFields, key: id },
      lacking: lackingKeyFields,
      ignored: ignoredKeyFields,
      answer: keySchema,
      handle: async ({ key, ...input }, call) => {
        const updated = await changing(context, call, async (change) =>
          update(change, await keyIdOf(change, key), input),
        );
        return { key, ...(await answer(updated)) };
      },
    }),
    route({
      method: "post",
      paths: ["/key/delete"],
      summary: "Remove keys, by themselves or their aliases",
      audience: "admins",
      fields: { keys: ids.nullish(), key_aliases: ids.nullish() },
      answer: z.object({ deleted_keys: z.array(z.string()) }),
      handle: async ({ keys, key_aliases }, call) => {
        if (!keys && !key_aliases) throw invalid("keys", "Say which keys, by 'keys' or 'key_aliases'.");
        await changing(context, call, async (change) => {
          const keyIds = await Promise.all((keys ?? []).map((key) => keyIdOf(change, key)));
          for (const alias of key_aliases ?? []) {
            const [found] = await change.keys.find({ alias });
            if (found === undefined) throw notFound(alias);
            keyIds.push(found.keyId);
          }
          for (const keyId of new Set(keyIds)) await deleteKey(change, keyId);
        });
        return { deleted_keys: [...(keys ?? []), ...(key_aliases ?? [])] };
      },
    }),
    regenerate(["/key/regenerate"]),
    regenerate(["/key/{key}/regenerate"]),
    setBlocked("/key/block", true),
    setBlocked("/key/unblock", false),
    route({
      method: "get",
      paths: ["/key/list"],
      summary: "List keys, the newest first",
      audience: "viewers",
      fields: {
        ...page,
        size: pageSize,
        user_id: id.optional(),
        team_id: id.optional(),
        key_alias: text.optional(),
        key_hash: id.optional(),
        return_full_object: onOrOff.default(false),
      },
      ignored: ["include_team_keys", "sort_by", "sort_order", "expand"],
      lacking: ["organization_id", "project_id", "status", "include_created_by_keys"],
      answer: z.object({
        keys: z.array(z.union([z.string(), keySchema])),
        total_count: z.number(),
        current_page: z.number(),
        total_pages: z.number(),
      }),
      handle: async ({ page: number, size, ...where }) => {
        const keyId =
          where.key_hash === undefined
            ? undefined
            : await keyIdOf({ secrets: read.secrets, keys: read.keys }, where.key_hash).catch(() => "");
        const { records, total } = await read.keys.list({
          where: { userId: where.user_id, teamId: where.team_id, alias: where.key_alias, keyId },
          page: number,
          size,
        });
        return {
          keys: where.return_full_object
            ? await keyAnswers(context, records)
            : records.map(({ hash }) => hash),
          total_count: total,
          current_page: number,
          total_pages: Math.ceil(total / size),
        };
      },
    }),
    route({
      method: "post",
      paths: ["/key/health"],
      summary: "Whether the key that asks is taken, and what it may ask for",
      audience: "everybody",
      fields: {},
      answer: z.object({ key: z.string(), models: z.array(z.string()) }),
      handle: (_input, { principal: { account } }) =>
        Promise.resolve({
          key: "healthy",
          logging_callbacks: null,
          expires_in_ms: account?.key.expiresAtMs === undefined ? null : account.key.expiresAtMs - now(),
          models: context.listedModels().filter((model) => mayUseModel(account, model, context.modelNames)),
        }),
    }),
  ];
}

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
  const key = withInput(empty, input, change.nowMs);
  await checkReferences(change, key);
  if (key.userId !== undefined) await ensureUser(change, key.userId);
  return createKey(change, key, ownSecret);
}

function withInput<Key extends NewKey>(before: Key, input: KeyInput, nowMs: number): Key {
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

/** What can be empty cannot be taken away. */
export function nothingOf<Value>(value: Value | null | undefined, empty: Value): Value | undefined {
  return value === null ? empty : value;
}

async function checkReferences(change: Change, { teamId, budgetId }: NewKey): Promise<void> {
  await checkTeam(change, teamId);
  await checkBudget(change, budgetId);
}

/**
 * The id of a key that somebody names: by itself, by its hash, or by its id.
 * @throws GatewayError where there is none; it does not repeat the key
 */
async function keyIdOf({ secrets, keys }: KeyLookUp, named: string): Promise<string> {
  const hash = named.startsWith("sk-") ? secretHash(named) : named;
  const found = (await secrets.get(hash))?.keyId ?? (await keys.get(hash))?.keyId;
  if (found === undefined) throw notFound(named);
  return found;
}

interface KeyLookUp {
  readonly secrets: { get(hash: string): Promise<{ readonly keyId: string } | undefined> };
  readonly keys: { get(keyId: string): Promise<{ readonly keyId: string } | undefined> };
}

/** LiteLLM's usual kind of key restricts nothing that is here. */
function withoutUsualType(given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { key_type, ...others } = given;
  if (key_type === undefined || key_type === null || key_type === "default" || key_type === "llm_api")
    return others;
  throw invalid(
    "key_type",
    "'key_type' other than default and llm_api is not supported; give the key a user with a role.",
  );
}

function notFound(named: string): Error {
  return invalid(
    "key",
    named.startsWith("sk-") ? "There is no such key." : `There is no key '${named}'.`,
    404,
  );
}

function notYours(): Error {
  return invalid("key", "This key may ask for itself only.", 403);
}
