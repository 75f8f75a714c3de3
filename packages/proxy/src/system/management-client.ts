import type { RunningGateway } from "./running-gateway.js";

/** What tests look at; which of it is there, and whether it is a list, depends on the route. */
type Body = Fields & readonly Listed[];

interface Listed {
  readonly team_id: string;
  readonly budget_id: string;
}

interface Fields extends Listed {
  readonly key: string;
  readonly created_at: string;
  readonly created_by: string;
  readonly expires: string;
  readonly budget_reset_at: string;
  readonly total: number;
  readonly total_count: number;
  readonly info: { readonly spend: number };
  readonly data: readonly { readonly id: string }[];
  readonly team_info: object;
  readonly team_memberships: readonly object[];
  readonly audit_logs: readonly { readonly action: string }[];
  readonly next: number;
  readonly error: { readonly message: string };
}

export interface ManagementAnswer {
  readonly status: number;
  readonly body: Body;
}

/** Calls a gateway's management API with a key: a `GET` without a body, else a `POST`. */
export function managementOf({ url }: Pick<RunningGateway, "url">, key: string) {
  return async (path: string, body?: object): Promise<ManagementAnswer> => {
    const answer = await fetch(`${url}${path}`, {
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Body };
  };
}
