import { z } from "zod";
import { id, text } from "./values.js";

export function roleAmong<const Role extends string>(roles: readonly [Role, ...Role[]]) {
  return z.enum(roles, { error: `expected one of ${roles.join(", ")}` });
}

/** Whom LiteLLM calls a member, of a team or an organization: by id or by email, in a role. */
export function memberWith<Role extends z.ZodType<string>>(role: Role) {
  return z
    .strictObject(
      { user_id: id.nullish(), user_email: text.nullish(), role },
      { error: "expected an object with user_id or user_email, and role" },
    )
    .refine(({ user_id, user_email }) => user_id != null || user_email != null, {
      error: "expected user_id or user_email",
    });
}
