import {
  type Change,
  type TeamRecord,
  addMember,
  authoredNow,
  changedNow,
  deleteTeam,
} from "@darkroom/accounts";
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { keySchema, teamSchema } from "./answer-schemas.js";
import { keyAnswers, memberAnswers, only, teamAnswers } from "./answers.js";
import { type ManagementContext, changing, checkBudget, checkOrganization } from "./context.js";
import { limitFields, limitsFrom } from "./limit-fields.js";
import { type ManagementRoute, invalid, route, withoutOwnSpend } from "./management-route.js";
import { member, memberRoutes, memberUserId } from "./team-members.js";
import {
  aliases,
  changed,
  count,
  dollars,
  duration,
  id,
  ids,
  longPage,
  metadata,
  names,
  nothingOf,
  onOrOff,
  text,
} from "./values.js";

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
        admins: names.nullish(),
        members: names.nullish(),
      },
      lacking,
      prepare: withoutOwnSpend,
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
          for (const one of members_with_roles ?? []) all.set(await memberUserId(made, one), one.role);
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
      summary: "List teams, the newest first",
      audience: "viewers",
      fields: {
        ...longPage,
        user_id: id.optional(),
        team_alias: text.optional(),
        organization_id: id.optional(),
      },
      answer: z.array(teamSchema),
      handle: async ({ page, page_size, user_id, team_alias, organization_id }) => {
        const ofUser = user_id === undefined ? undefined : await read.members.find({ userId: user_id });
        const { records } = await read.teams.list({
          where: {
            alias: team_alias,
            organizationId: organization_id,
            teamId: ofUser?.map(({ teamId }) => teamId),
          },
          page,
          size: page_size,
        });
        return teamAnswers(context, records);
      },
    }),
    ...memberRoutes(context),
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
