import type { KeyAccount } from "./key-account.js";

/** Who asks. */
export interface Principal {
  /** `admin` may do everything, `viewer` see everything, `caller` edit images and see what is its own. */
  readonly role: "admin" | "viewer" | "caller";
  /** For the audit log, and no secret. */
  readonly name: string;
  /** Of a virtual key. Absent: whoever runs the gateway, who is not limited. */
  readonly account?: KeyAccount;
}

/** Whoever runs the gateway, by its master key. */
export const operator: Principal = { role: "admin", name: "master key" };

/** Whoever sits at the machine of a gateway that has no key. */
export const thisMachine: Principal = { role: "admin", name: "this machine" };

/** A key has the rights of its user. */
export function principalOf(account: KeyAccount): Principal {
  const { key, user } = account;
  const roles = { proxy_admin: "admin", proxy_admin_viewer: "viewer" } as const;
  const role =
    user?.role === "proxy_admin" || user?.role === "proxy_admin_viewer" ? roles[user.role] : "caller";
  return { role, name: `key ${key.alias ?? key.name}`, account };
}
