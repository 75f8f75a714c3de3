import {
  type OrganizationMember,
  addOrganizationMembers,
  organizationRoles,
  removeOrganizationMember,
  updateOrganizationMember,
} from "@darkroom/accounts";
import { z } from "zod";
import { organizationMemberSchema, userSchema } from "./answer-schemas.js";
import { organizationMemberAnswer, userAnswers } from "./answers.js";
import { type ManagementContext, changing } from "./context.js";
import { type ManagementRoute, route } from "./management-route.js";
import { memberWith, roleAmong } from "./member-fields.js";
import { memberUserId } from "./team-members.js";
import { id, text } from "./values.js";

const role = roleAmong(organizationRoles);
const member = memberWith(role.default("internal_user"));

const who = { organization_id: id, user_id: id.nullish(), user_email: text.nullish() };

/** There is no budget of a member within an organization. */
const lacking = ["max_budget_in_organization"];

/** Who belongs to an organization. Membership charges nobody and allows nothing: teams and their keys do. */
export function organizationMemberRoutes(context: ManagementContext): readonly ManagementRoute[] {
  return [
    route({
      method: "post",
      paths: ["/organization/member_add"],
      summary: "Make users members of an organization; whoever is unknown is made",
      audience: "admins",
      fields: { organization_id: id, member: z.union([member, z.array(member).min(1)]) },
      lacking,
      answer: z.object({
        organization_id: z.string(),
        updated_users: z.array(userSchema),
        updated_organization_memberships: z.array(organizationMemberSchema),
      }),
      handle: async ({ organization_id, member: given }, call) => {
        const { added, users } = await changing(context, call, async (change) => {
          const members: OrganizationMember[] = [];
          for (const one of Array.isArray(given) ? given : [given])
            members.push({ userId: await memberUserId(change, one), role: one.role });
          await addOrganizationMembers(change, organization_id, members);
          const userIds = members.map(({ userId }) => userId);
          return { added: members, users: await change.users.find({ userId: userIds }) };
        });
        return {
          organization_id,
          updated_users: await userAnswers(context, users),
          updated_organization_memberships: added.map((one) =>
            organizationMemberAnswer(organization_id, one),
          ),
        };
      },
    }),
    route({
      method: "post",
      alsoBy: "patch",
      paths: ["/organization/member_update"],
      summary: "Change a member's role",
      audience: "admins",
      fields: { ...who, role },
      lacking,
      answer: organizationMemberSchema,
      handle: async ({ organization_id, user_id, user_email, role: newRole }, call) => {
        const updated = await changing(context, call, async (change) => {
          const userId = await memberUserId(change, { user_id, user_email });
          const changed = { userId, role: newRole };
          await updateOrganizationMember(change, organization_id, changed);
          return changed;
        });
        return organizationMemberAnswer(organization_id, updated);
      },
    }),
    route({
      method: "post",
      alsoBy: "delete",
      paths: ["/organization/member_delete"],
      summary: "Take a user out of an organization; its teams, and the user's keys, stay",
      audience: "admins",
      fields: who,
      answer: organizationMemberSchema,
      handle: async ({ organization_id, user_id, user_email }, call) => {
        const removed = await changing(context, call, async (change) =>
          removeOrganizationMember(
            change,
            organization_id,
            await memberUserId(change, { user_id, user_email }),
          ),
        );
        return organizationMemberAnswer(organization_id, removed);
      },
    }),
  ];
}
