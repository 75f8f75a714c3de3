import { memberIdOf } from "../directory/records.js";

/** What each payer is counted under. */
export const meterOf = {
  /** @param keyId of the key, not of its present secret */
  key: (keyId: string): string => `key:${keyId}`,
  organization: (organizationId: string): string => `organization:${organizationId}`,
  team: (teamId: string): string => `team:${teamId}`,
  member: (teamId: string, userId: string): string => `member:${memberIdOf({ teamId, userId })}`,
  user: (userId: string): string => `user:${userId}`,
  customer: (customerId: string): string => `customer:${customerId}`,
  tag: (name: string): string => `tag:${name}`,
  provider: (name: string): string => `provider:${name}`,
  deployment: (id: string): string => `deployment:${id}`,
  proxy: "proxy",
} as const;
