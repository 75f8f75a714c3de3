import { z } from "zod";

/* What the document of the API says of the records in its answers. */

const amount = z.number().describe("US dollars");
const time = z.string().nullable().describe("ISO 8601");
const charged = { spend: amount };
const limited = {
  max_budget: amount.nullable(),
  soft_budget: amount.nullable(),
  budget_duration: z.string().nullable(),
  budget_reset_at: time,
  rpm_limit: z.number().nullable(),
  tpm_limit: z.number().nullable(),
  ipm_limit: z.number().nullable(),
  max_parallel_requests: z.number().nullable(),
};

export const keySchema = z.looseObject({
  token: z.string().describe("SHA-256 of the key"),
  key_name: z.string(),
  key_alias: z.string().nullable(),
  expires: time,
  models: z.array(z.string()),
  user_id: z.string().nullable(),
  team_id: z.string().nullable(),
  blocked: z.boolean(),
  ...charged,
  ...limited,
});
export const shownKeySchema = keySchema.extend({ key: z.string().describe("shown this once") });
export const userSchema = z.looseObject({
  user_id: z.string(),
  user_email: z.string().nullable(),
  user_role: z.string(),
  ...charged,
  ...limited,
});
export const teamSchema = z.looseObject({
  team_id: z.string(),
  team_alias: z.string().nullable(),
  blocked: z.boolean(),
  members_with_roles: z.array(z.object({ user_id: z.string(), role: z.string() })),
  ...charged,
  ...limited,
});
export const organizationMemberSchema = z.looseObject({
  user_id: z.string(),
  organization_id: z.string(),
  user_role: z.string(),
});
export const organizationSchema = z.looseObject({
  organization_id: z.string(),
  organization_alias: z.string().nullable(),
  teams: z.array(z.object({ team_id: z.string(), team_alias: z.string().nullable() })),
  members: z.array(organizationMemberSchema),
  ...charged,
  ...limited,
});
export const customerSchema = z.looseObject({
  user_id: z.string(),
  alias: z.string().nullable(),
  blocked: z.boolean(),
  ...charged,
});
export const budgetSchema = z.looseObject({ budget_id: z.string(), ...limited });
export const tagSchema = z.looseObject({ name: z.string(), description: z.string().nullable(), ...charged });
