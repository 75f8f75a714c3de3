import type { RunningGateway } from "./running-gateway.js";

export interface ManagementAnswer {
  readonly status: number;
  // What a test asks of it, it knows.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

/** Calls a gateway's management API with a key: a `GET` without a body, else a `POST`. */
export function managementOf({ url }: Pick<RunningGateway, "url">, key: string) {
  return async (path: string, body?: object): Promise<ManagementAnswer> => {
    const answer = await fetch(`${url}${path}`, {
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: await answer.json() };
  };
}
