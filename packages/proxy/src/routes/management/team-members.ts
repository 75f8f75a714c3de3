import {
  type Change,
  type MemberRecord,
  type TeamRecord,
  addMember,
  authoredNow,
  memberIdOf,
  memberRoles,
  removeMember,
  updateMember,
} from "@darkroom/accounts";
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { teamSchema } from "./answer-schemas.js";
import { memberAnswers, only, teamAnswers } from "./answers.js";
import { type ManagementContext, changing } from "./context.js";
import { limitsFrom } from "./limit-fields.js";
import { type ManagementRoute, invalid, route } from "./management-route.js";
import { memberWith, roleAmong } from "./member-fields.js";
import { count, dollars, duration, id, text } from "./values.js";

const role = roleAmong(memberRoles);
export const member = memberWith(role.default("user"));
type MemberInput = z.output<typeof member>;

const memberLimitFields = {
  max_budget_in_team: dollars.nullish(),
  budget_duration: duration.nullish(),
  rpm_limit: count.nullish(),
  tpm_limit: count.nullish(),
};

export function memberRoutes(context: ManagementContext): readonly ManagementRoute[] {
  const answer = async (team: TeamRecord): Promise<object> => only(await teamAnswers(context, [team]));

  return [
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
            const userId = await memberUserId(made, one);
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
          const userId = await memberUserId(made, { user_id, user_email });
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
          const userId = await memberUserId(made, { user_id, user_email });
          await removeMember(made, { teamId: team_id, userId });
          return made.teams.existing(team_id);
        });
        return answer(team);
      },
    }),
  ];
}

function memberLimitsFrom(
  input: Partial<z.output<z.ZodObject<typeof memberLimitFields>>>,
  nowMs: number,
  before = {},
): MemberRecord["limits"] {
  const { max_budget_in_team, ...others } = input;
  return limitsFrom({ max_budget: max_budget_in_team, ...others }, nowMs, before);
}

/** A user who is named by an email that nobody has is made, with an id of their own. */
export async function memberUserId(
  change: Change,
  { user_id, user_email }: Omit<MemberInput, "role">,
): Promise<string> {
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
