import {
  type Change,
  type UserRecord,
  addMember,
  authoredNow,
  changedNow,
  deleteUser,
  userRoles,
} from "@darkroom/accounts";
import { z } from "zod";
import { randomUUID } from "node:crypto";
import { keySchema, teamSchema, userSchema } from "./answer-schemas.js";
import { keyAnswers, only, teamAnswers, userAnswers } from "./answers.js";
import { type ManagementContext, changing, checkBudget } from "./context.js";
import { ignoredKeyFields, keyFields, lackingKeyFields, makeKey } from "./key-fields.js";
import { limitFields, limitsFrom } from "./limit-fields.js";
import { type ManagementRoute, invalid, route, withoutOwnSpend } from "./management-route.js";
import { newKeyInput } from "./new-key-parameters.js";
import { changed, id, ids, metadata, names, nothingOf, onOrOff, page, pageSize, text } from "./values.js";

const role = z.enum(userRoles, { error: `expected one of ${userRoles.join(", ")}` });

const userFields = {
  user_alias: text.nullish(),
  user_email: text.nullish(),
  user_role: role.nullish(),
  models: names.nullish(),
  metadata: metadata.nullish(),
  budget_id: id.nullish(),
  ...limitFields,
};

type UserInput = Partial<z.output<z.ZodObject<typeof userFields>>>;

const lacking = [...lackingKeyFields, "organizations", "sso_user_id", "allowed_model_region"];

export function userRoutes(context: ManagementContext): readonly ManagementRoute[] {
  const { read } = context.directory;
  const answer = async (user: UserRecord): Promise<object> => only(await userAnswers(context, [user]));

  return [
    route({
      method: "post",
      paths: ["/user/new"],
      summary: "Make a user, and a key for them unless `auto_create_key` is false",
      audience: "admins",
      fields: {
        ...userFields,
        user_id: id.nullish(),
        teams: names.nullish(),
        auto_create_key: onOrOff.default(true),
        key_alias: keyFields.key_alias,
        duration: keyFields.duration,
        aliases: keyFields.aliases,
      },
      lacking,
      ignored: ignoredKeyFields,
      prepare: withoutOwnSpend,
      answer: userSchema.extend({ key: z.string().nullable() }),
      handle: async ({ user_id, teams, auto_create_key, ...input }, call) => {
        const { user, made } = await changing(context, call, async (change) => {
          const userId = user_id ?? randomUUID();
          const user = withInput(
            { userId, role: "internal_user", models: [], metadata: {}, limits: {}, ...authoredNow(change) },
            input,
            change,
          );
          await checkBudget(change, user.budgetId);
          await change.users.add(user);
          for (const teamId of teams ?? [])
            await addMember(change, { teamId, userId, role: "user", limits: {} });
          const { key_alias, duration, aliases } = input;
          const ofKey = newKeyInput({ key_alias, duration, aliases, user_id: userId }, context);
          const parsed = z.object(keyFields).parse(ofKey);
          return { user, made: auto_create_key ? await makeKey(change, parsed) : undefined };
        });
        const key = made === undefined ? {} : only(await keyAnswers(context, [made.key]));
        return { ...key, ...(await answer(user)), teams: teams ?? [], key: made?.secret ?? null };
      },
    }),
    route({
      method: "get",
      paths: ["/user/info"],
      summary: "What is known of a user, their keys and teams; without `user_id`, of the one that asks",
      audience: "everybody",
      fields: { user_id: id.optional() },
      answer: z.object({
        user_id: z.string(),
        user_info: userSchema,
        keys: z.array(keySchema),
        teams: z.array(teamSchema),
      }),
      handle: async ({ user_id }, { principal }) => {
        const own = principal.account?.key.userId;
        const userId = user_id ?? own;
        if (userId === undefined) throw invalid("user_id", "Say which user: the key that asks has none.");
        if (principal.role === "caller" && userId !== own)
          throw invalid("user_id", "This key may ask for its own user only.", 403);
        const user = await read.users.get(userId);
        if (user === undefined) throw invalid("user_id", `There is no user '${userId}'.`, 404);
        const memberships = await read.members.find({ userId });
        const teams = await read.teams.find({ teamId: memberships.map(({ teamId }) => teamId) });
        return {
          user_id: userId,
          user_info: await answer(user),
          keys: await keyAnswers(context, await read.keys.find({ userId })),
          teams: await teamAnswers(context, teams),
        };
      },
    }),
    route({
      method: "post",
      paths: ["/user/update"],
      summary: "Change a user, named by id or by email; what is not named stays, null takes it away",
      audience: "admins",
      fields: { ...userFields, user_id: id.nullish() },
      lacking,
      ignored: ignoredKeyFields,
      answer: z.object({ user_id: z.string(), data: userSchema }),
      handle: async ({ user_id, ...input }, call) => {
        const user = await changing(context, call, async (change) => {
          const before = await named(change, user_id, input.user_email);
          const after = { ...withInput(before, input, change), ...changedNow(change) };
          await checkBudget(change, after.budgetId);
          await change.users.replace(after);
          return after;
        });
        return { user_id: user.userId, data: await answer(user) };
      },
    }),
    route({
      method: "post",
      paths: ["/user/delete"],
      summary: "Remove users with their keys",
      audience: "admins",
      fields: { user_ids: ids },
      answer: z.object({ deleted_users: z.number() }),
      handle: async ({ user_ids }, call) => {
        await changing(context, call, async (change) => {
          for (const userId of new Set(user_ids)) await deleteUser(change, userId);
        });
        return { deleted_users: new Set(user_ids).size };
      },
    }),
    route({
      method: "get",
      paths: ["/user/list"],
      summary: "List users, the newest first",
      audience: "viewers",
      fields: {
        ...page,
        page_size: pageSize,
        role: role.optional(),
        user_ids: text.optional().describe("ids between commas"),
        user_email: text.optional(),
      },
      ignored: ["sort_by", "sort_order"],
      lacking: ["team", "sso_user_ids", "organization_ids"],
      answer: z.object({
        users: z.array(userSchema),
        total: z.number(),
        page: z.number(),
        total_pages: z.number(),
      }),
      handle: async ({ page: number, page_size, ...where }) => {
        const { records, total } = await read.users.list({
          where: { role: where.role, email: where.user_email, userId: where.user_ids?.split(",") },
          page: number,
          size: page_size,
        });
        return {
          users: await userAnswers(context, records),
          total,
          page: number,
          page_size,
          total_pages: Math.ceil(total / page_size),
        };
      },
    }),
  ];
}

function withInput(before: UserRecord, input: UserInput, { nowMs }: Change): UserRecord {
  return changed(before, {
    alias: input.user_alias,
    email: input.user_email,
    role: input.user_role ?? undefined,
    models: nothingOf(input.models, []),
    metadata: nothingOf(input.metadata, {}),
    budgetId: input.budget_id,
    limits: limitsFrom(input, nowMs, before.limits),
  });
}

async function named(
  change: Change,
  userId: string | null | undefined,
  email: string | null | undefined,
): Promise<UserRecord> {
  if (userId) return change.users.existing(userId);
  if (!email) throw invalid("user_id", "Say which user, by 'user_id' or 'user_email'.");
  const [user] = await change.users.find({ email });
  if (user === undefined) throw invalid("user_email", `There is no user with the email '${email}'.`, 404);
  return user;
}
