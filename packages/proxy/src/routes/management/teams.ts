import {
  type Change,
  type TeamRecord,
  addMember,
  authoredNow,
  changedNow,
  deleteTeam,
  memberIdOf,
  memberRoles,
  removeMember,
  updateMember,
} from "@darkroom/accounts";
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { keyAnswers, keySchema, memberAnswers, only, teamAnswers, teamSchema } from "./answers.js";
import { type ManagementContext, changing, checkBudget, checkOrganization } from "./context.js";
import { nothingOf } from "./keys.js";
import { limitFields, limitsFrom } from "./limit-fields.js";
import { type ManagementRoute, invalid, route } from "./management-route.js";
import {
  aliases,
  changed,
  count,
  dollars,
  duration,
  id,
  ids,
  metadata,
  names,
  onOrOff,
  text,
} from "./values.js";

const role = z.enum(memberRoles, { error: `expected one of ${memberRoles.join(", ")}` });

/** Whom LiteLLM calls a member: by id or by email. */
const member = z
  .object(
    { user_id: id.nullish(), user_email: text.nullish(), role: role.default("user") },
    { error: "expected an object with user_id or user_email, and role" },
  )
  .refine(({ user_id, user_email }) => user_id != null || user_email != null, {
    error: "expected user_id or user_email",
  });
type MemberInput = z.output<typeof member>;

const teamFields = {
  team_alias: text.nullish(),
  organization_id: id.nullish(),
  models: names.nullish(),
  model_aliases: aliases.nullish(),
  tags: names.nullish(),
  metadata: metadata.nullish(),
  blocked: onOrOff.nullish(),
  budget_id: id.nullish(),
  team_member_budget: dollars.nullish(),
  team_member_budget_duration: duration.nullish(),
  team_member_rpm_limit: count.nullish(),
  team_member_tpm_limit: count.nullish(),
  ...limitFields,
};

type TeamInput = Partial<z.output<z.ZodObject<typeof teamFields>>>;

const lacking = [
  "allowed_passthrough_routes",
  "allowed_vector_store_indexes",
  "budget_reset_at",
  "guardrails",
  "object_permission",
  "policies",
  "prompts",
  "router_settings",
  "rpm_limit_type",
  "secret_manager_settings",
  "spend",
  "team_member_key_duration",
  "team_member_permissions",
  "tpm_limit_type",
];

const memberLimitFields = {
  max_budget_in_team: dollars.nullish(),
  budget_duration: duration.nullish(),
  rpm_limit: count.nullish(),
  tpm_limit: count.nullish(),
};

export function teamRoutes(context: ManagementContext): readonly ManagementRoute[] {
  const { read } = context.directory;
  const answer = async (team: TeamRecord): Promise<object> => only(await teamAnswers(context, [team]));

  const change = (
    call: Parameters<typeof changing>[1],
    teamId: string,
    input: TeamInput,
  ): Promise<TeamRecord> =>
    changing(context, call, async (made) => {
      const before = await made.teams.existing(teamId);
      const after = { ...withInput(before, input, made), ...changedNow(made) };
      await checkBudget(made, after.budgetId);
      await checkOrganization(made, after.organizationId);
      await made.teams.replace(after);
      return after;
    });

  const setBlocked = (path: string, blocked: boolean): ManagementRoute =>
    route({
      method: "post",
      paths: [path],
      summary: blocked ? "Refuse a team's keys until it is unblocked" : "Take a team's keys again",
      audience: "admins",
      fields: { team_id: id },
      answer: teamSchema,
      handle: async ({ team_id }, call) => answer(await change(call, team_id, { blocked })),
    });

  return [
    route({
      method: "post",
      paths: ["/team/new"],
      summary: "Make a team",
      audience: "admins",
      fields: {
        ...teamFields,
        team_id: id.nullish(),
        members_with_roles: z.array(member).nullish(),
        admins: ids.nullish(),
        members: ids.nullish(),
      },
      lacking,
      answer: teamSchema,
      handle: async ({ team_id, members_with_roles, admins, members, ...input }, call) => {
        const team = await changing(context, call, async (made) => {
          const teamId = team_id ?? randomUUID();
          const team = withInput(
            {
              teamId,
              blocked: false,
              models: [],
              aliases: {},
              tags: [],
              metadata: {},
              limits: {},
              memberLimits: {},
              ...authoredNow(made),
            },
            input,
            made,
          );
          await checkBudget(made, team.budgetId);
          await checkOrganization(made, team.organizationId);
          await made.teams.add(team);
          const all = new Map<string, "admin" | "user">();
          for (const userId of members ?? []) all.set(userId, "user");
          for (const userId of admins ?? []) all.set(userId, "admin");
          for (const one of members_with_roles ?? []) all.set(await userIdOf(made, one), one.role);
          for (const [userId, ofMember] of all)
            await addMember(made, { teamId, userId, role: ofMember, limits: {} });
          return team;
        });
        return answer(team);
      },
    }),
    route({
      method: "get",
      paths: ["/team/info"],
      summary: "What is known of a team, its keys and members",
      audience: "everybody",
      fields: { team_id: id.optional() },
      answer: z.object({ team_id: z.string(), team_info: teamSchema, keys: z.array(keySchema) }),
      handle: async ({ team_id }, { principal }) => {
        const own = principal.account?.key.teamId;
        const teamId = team_id ?? own;
        if (teamId === undefined) throw invalid("team_id", "Say which team: the key that asks has none.");
        if (principal.role === "caller" && teamId !== own)
          throw invalid("team_id", "This key may ask for its own team only.", 403);
        const team = await read.teams.get(teamId);
        if (team === undefined) throw invalid("team_id", `There is no team '${teamId}'.`, 404);
        return {
          team_id: teamId,
          team_info: await answer(team),
          keys: await keyAnswers(context, await read.keys.find({ teamId })),
          team_memberships: await memberAnswers(context, await read.members.find({ teamId })),
        };
      },
    }),
    route({
      method: "post",
      paths: ["/team/update"],
      summary: "Change a team; what is not named stays, null takes it away",
      audience: "admins",
      fields: { ...teamFields, team_id: id },
      lacking,
      answer: z.object({ team_id: z.string(), data: teamSchema }),
      handle: async ({ team_id, ...input }, call) => ({
        team_id,
        data: await answer(await change(call, team_id, input)),
      }),
    }),
    route({
      method: "post",
      paths: ["/team/delete"],
      summary: "Remove teams with their keys",
      audience: "admins",
      fields: { team_ids: ids },
      answer: z.object({ deleted_teams: z.array(z.string()) }),
      handle: async ({ team_ids }, call) => {
        await changing(context, call, async (made) => {
          for (const teamId of new Set(team_ids)) await deleteTeam(made, teamId);
        });
        return { deleted_teams: team_ids };
      },
    }),
    setBlocked("/team/block", true),
    setBlocked("/team/unblock", false),
    route({
      method: "get",
      paths: ["/team/list"],
      summary: "List teams, the newest first, at most 1,000",
      audience: "viewers",
      fields: { user_id: id.optional(), team_alias: text.optional(), organization_id: id.optional() },
      answer: z.array(teamSchema),
      handle: async ({ user_id, team_alias, organization_id }) => {
        const ofUser = user_id === undefined ? undefined : await read.members.find({ userId: user_id });
        const { records } = await read.teams.list({
          where: {
            alias: team_alias,
            organizationId: organization_id,
            teamId: ofUser?.map(({ teamId }) => teamId),
          },
          page: 1,
          size: 1_000,
        });
        return teamAnswers(context, records);
      },
    }),
    route({
      method: "post",
      paths: ["/team/member_add"],
      summary: "Make users members of a team; whoever is unknown is made",
      audience: "admins",
      fields: { team_id: id, member: z.union([member, z.array(member).min(1)]), ...memberLimitFields },
      answer: teamSchema,
      handle: async ({ team_id, member: given, ...limits }, call) => {
        const added = await changing(context, call, async (made) => {
          const members = [];
          for (const one of Array.isArray(given) ? given : [given]) {
            const userId = await userIdOf(made, one);
            members.push(
              await addMember(made, {
                teamId: team_id,
                userId,
                role: one.role,
                limits: memberLimitsFrom(limits, made.nowMs),
              }),
            );
          }
          return { team: await made.teams.existing(team_id), members };
        });
        return {
          ...(await answer(added.team)),
          updated_team_memberships: await memberAnswers(context, added.members),
        };
      },
    }),
    route({
      method: "post",
      paths: ["/team/member_update"],
      summary: "Change a member's role and what they may spend in the team",
      audience: "admins",
      fields: {
        team_id: id,
        user_id: id.nullish(),
        user_email: text.nullish(),
        role: role.nullish(),
        ...memberLimitFields,
      },
      answer: z.looseObject({ team_id: z.string(), user_id: z.string() }),
      handle: async ({ team_id, user_id, user_email, role: newRole, ...limits }, call) => {
        const updated = await changing(context, call, async (made) => {
          const userId = await userIdOf(made, { user_id, user_email });
          const before = await made.members.existing(memberIdOf({ teamId: team_id, userId }));
          return updateMember(made, before, {
            ...(newRole != null && { role: newRole }),
            limits: memberLimitsFrom(limits, made.nowMs, before.limits),
          });
        });
        return only(await memberAnswers(context, [updated]));
      },
    }),
    route({
      method: "post",
      paths: ["/team/member_delete"],
      summary: "Take a user out of a team, with the keys that they have for it",
      audience: "admins",
      fields: { team_id: id, user_id: id.nullish(), user_email: text.nullish() },
      answer: teamSchema,
      handle: async ({ team_id, user_id, user_email }, call) => {
        const team = await changing(context, call, async (made) => {
          const userId = await userIdOf(made, { user_id, user_email });
          await removeMember(made, { teamId: team_id, userId });
          return made.teams.existing(team_id);
        });
        return answer(team);
      },
    }),
  ];
}

function withInput(before: TeamRecord, input: TeamInput, { nowMs }: Change): TeamRecord {
  return changed(before, {
    alias: input.team_alias,
    organizationId: input.organization_id,
    models: nothingOf(input.models, []),
    aliases: nothingOf(input.model_aliases, {}),
    tags: nothingOf(input.tags, []),
    metadata: nothingOf(input.metadata, {}),
    blocked: input.blocked ?? undefined,
    budgetId: input.budget_id,
    limits: limitsFrom(input, nowMs, before.limits),
    memberLimits: limitsFrom(
      {
        max_budget: input.team_member_budget,
        budget_duration: input.team_member_budget_duration,
        rpm_limit: input.team_member_rpm_limit,
        tpm_limit: input.team_member_tpm_limit,
      },
      nowMs,
      before.memberLimits,
    ),
  });
}

function memberLimitsFrom(
  input: Partial<z.output<z.ZodObject<typeof memberLimitFields>>>,
  nowMs: number,
  before = {},
): TeamRecord["memberLimits"] {
  const { max_budget_in_team, ...others } = input;
  return limitsFrom({ max_budget: max_budget_in_team, ...others }, nowMs, before);
}

/** A user who is named by an email that nobody has is made, with an id of their own. */
async function userIdOf(change: Change, { user_id, user_email }: Omit<MemberInput, "role">): Promise<string> {
  if (user_id != null) return user_id;
  if (user_email == null) throw invalid("user_id", "Say who, by 'user_id' or 'user_email'.");
  const [known] = await change.users.find({ email: user_email });
  if (known !== undefined) return known.userId;
  const userId = randomUUID();
  await change.users.add({
    userId,
    email: user_email,
    role: "internal_user",
    models: [],
    metadata: {},
    limits: {},
    ...authoredNow(change),
  });
  return userId;
}
