/** What an upstream takes of a deployment, or of a quota; `ipm` (images a minute) is Darkroom's own. */
export const limitSettings = ["rpm", "tpm", "ipm", "max_parallel_requests"] as const;

export type LimitSetting = (typeof limitSettings)[number];
