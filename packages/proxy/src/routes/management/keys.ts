import {
  type Change,
  type KeyRecord,
  type ShownKey,
  changedNow,
  deleteKey,
  lengthMs,
  mayUseModel,
  parseDuration,
  rotateKey,
} from "@darkroom/accounts";
import { z } from "zod";
import { keySchema, shownKeySchema } from "./answer-schemas.js";
import { keyAnswers, only } from "./answers.js";
import { type ManagementContext, changing } from "./context.js";
import {
  type KeyInput,
  checkReferences,
  ignoredKeyFields,
  keyFields,
  lackingKeyFields,
  makeKey,
  withKeyInput,
} from "./key-fields.js";
import { findKeyId, keyIdOf, noSuchKey } from "./key-lookup.js";
import { type ManagementRoute, invalid, route, withoutOwnSpend } from "./management-route.js";
import { newKeyInput } from "./new-key-parameters.js";
import { duration, id, ids, onOrOff, page, pageSize, text } from "./values.js";

const secret = z
  .string({ error: "expected a text" })
  .regex(/^sk-[\x21-\x7e]{4,253}$/, { error: "expected sk- and 4 to 253 characters" });

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
    const key = { ...withKeyInput(before, input, change.nowMs), ...changedNow(change) };
    await checkReferences(change, key);
    await change.keys.replace(key);
    return key;
  };

  /** Nobody would ever be held to the limits of such a key. */
  const refuseMasterKey = (field: string, chosen: string | null | undefined): void => {
    if (chosen != null && context.isMasterKey(chosen))
      throw invalid(field, `Invalid value for '${field}': this is the key of the gateway itself.`);
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
      handle: async ({ key, new_key, grace_period, ...input }, call) => {
        refuseMasterKey("new_key", new_key);
        return shown(
          await changing(context, call, async (change) => {
            const keyId = await keyIdOf(change, key);
            await update(change, keyId, input);
            return rotateKey(change, keyId, {
              secret: new_key ?? undefined,
              graceMs: grace_period == null ? 0 : lengthMs(parseDuration(grace_period)),
            });
          }),
        );
      },
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
      prepare: (given) => withoutUsualType(newKeyInput(withoutOwnSpend(given), context)),
      answer: shownKeySchema,
      handle: async ({ key, ...input }, call) => {
        refuseMasterKey("key", key);
        return shown(await changing(context, call, (change) => makeKey(change, input, key ?? undefined)));
      },
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
        const keyId = key === undefined ? own : await keyIdOf(read, key);
        if (keyId === undefined) throw invalid("key", "Say which key: the one that asks is the master key.");
        if (call.principal.role === "caller" && keyId !== own) throw notYours();
        const found = await read.keys.get(keyId);
        if (found === undefined) throw noSuchKey(key ?? "");
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
            if (found === undefined) throw noSuchKey(alias);
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
        const { key_hash: named } = where;
        // No key has an empty id.
        const keyId = named === undefined ? undefined : ((await findKeyId(read, named)) ?? "");
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

function notYours(): Error {
  return invalid("key", "This key may ask for itself only.", 403);
}
