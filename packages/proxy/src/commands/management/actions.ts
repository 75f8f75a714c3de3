import type { GatewayOptions } from "../call-gateway.js";
import { CommandError } from "../command-error.js";
import { fieldsOf } from "./fields.js";
import { type Answer, ask } from "./management-call.js";
import { described, listed } from "./printed.js";
import type { Resource } from "./resources.js";

export interface ManagementOptions extends GatewayOptions {
  readonly json: boolean;
  /** Options whose names are fields of requests. */
  readonly [option: string]: unknown;
}

export async function list(resource: Resource, options: ManagementOptions): Promise<void> {
  const { filters, query, sizeField, rows, columns } = resource.list;
  const page = sizeField === undefined ? {} : { page: options["page"], [sizeField]: options["limit"] };
  const answer = await ask(options, "GET", `${resource.path}/list`, {
    ...query,
    ...fieldsOf(options, filters),
    ...page,
  });
  if (options.json) return printJson(answer);
  console.log(listed(rows(answer), columns));
  const { total_pages: pages } = answer as { total_pages?: number };
  if (pages !== undefined && Number(options["page"]) < pages)
    console.log(`\nThere are more: --page ${Number(options["page"]) + 1} of ${pages}`);
}

export async function show(resource: Resource, id: string, options: ManagementOptions): Promise<void> {
  const { method, query, record } = resource.show;
  const answer = await ask(
    options,
    method,
    `${resource.path}/info`,
    query(await named(resource, id, options)),
  );
  print(options, answer, described(record(answer)));
}

export async function create(
  resource: Resource,
  id: string | undefined,
  options: ManagementOptions,
): Promise<void> {
  const answer = (await ask(
    options,
    "POST",
    `${resource.path}/${resource.name === "keys" ? "generate" : "new"}`,
    {
      ...(id !== undefined && { [resource.idField]: id }),
      ...fieldsOf(options, resource.fields),
      ...(resource.name === "users" && { auto_create_key: options["withKey"] === true }),
    },
  )) as Answer;
  const { key } = answer;
  if (options["keyOnly"] === true) console.log(key);
  else print(options, answer, typeof key === "string" ? shownOnce(answer) : described(answer));
}

export async function update(resource: Resource, id: string, options: ManagementOptions): Promise<void> {
  const answer = (await ask(options, "POST", `${resource.path}/update`, {
    [resource.idField]: await named(resource, id, options),
    ...fieldsOf(options, resource.fields),
  })) as Answer;
  print(options, answer, described((answer["data"] as Answer | undefined) ?? answer));
}

export async function rotate(resource: Resource, id: string, options: ManagementOptions): Promise<void> {
  const answer = (await ask(options, "POST", "/key/regenerate", {
    key: await named(resource, id, options),
    ...(options["grace"] !== undefined && { grace_period: options["grace"] }),
  })) as Answer;
  if (options["keyOnly"] === true) console.log(answer["key"]);
  else print(options, answer, shownOnce(answer));
}

export async function setBlocked(
  resource: Resource,
  ids: readonly string[],
  blocked: boolean,
  options: ManagementOptions,
): Promise<void> {
  const path = `${resource.path}/${blocked ? "block" : "unblock"}`;
  const answers: unknown[] = [];
  if (resource.name === "customers") answers.push(await ask(options, "POST", path, { user_ids: ids }));
  else
    for (const id of ids)
      answers.push(
        await ask(options, "POST", path, { [resource.idField]: await named(resource, id, options) }),
      );
  print(options, answers, told(resource, ids.length, blocked ? "blocked" : "unblocked"));
}

export async function remove(
  resource: Resource,
  ids: readonly string[],
  options: ManagementOptions,
): Promise<void> {
  const all: string[] = [];
  for (const id of ids) all.push(await named(resource, id, options));
  const answers: unknown[] = [];
  for (const body of resource.deletion(all))
    answers.push(await ask(options, "POST", `${resource.path}/delete`, body));
  print(options, answers, told(resource, ids.length, "deleted"));
}

export async function addMember(team: string, user: string, options: ManagementOptions): Promise<void> {
  const answer = (await ask(options, "POST", "/team/member_add", {
    team_id: team,
    member: { user_id: user, role: options["role"] },
    ...(options["maxBudget"] !== undefined && { max_budget_in_team: options["maxBudget"] }),
    ...(options["budgetDuration"] !== undefined && { budget_duration: options["budgetDuration"] }),
  })) as Answer;
  print(options, answer, described(answer));
}

export async function removeMember(team: string, user: string, options: ManagementOptions): Promise<void> {
  const answer = (await ask(options, "POST", "/team/member_delete", {
    team_id: team,
    user_id: user,
  })) as Answer;
  print(options, answer, described(answer));
}

/** People name a key by its alias; the API knows a key by itself or by its hash. */
async function named(resource: Resource, id: string, options: GatewayOptions): Promise<string> {
  if (resource.name !== "keys" || id.startsWith("sk-") || /^[0-9a-f]{64}$/.test(id)) return id;
  const { keys } = (await ask(options, "GET", "/key/list", { key_alias: id })) as { keys: readonly string[] };
  const [hash] = keys;
  if (hash === undefined) throw new CommandError(`There is no key with the alias '${id}'.`);
  return hash;
}

function shownOnce({ key, ...answer }: Answer): string {
  return `${String(key)}\n\nThis key is shown once; only its hash is kept.\n\n${described(answer)}`;
}

function told({ one, name }: Resource, count: number, done: string): string {
  return count === 1 ? `The ${one} is ${done}.` : `${count} ${name} are ${done}.`;
}

function print({ json }: ManagementOptions, answer: unknown, text: string): void {
  if (json) printJson(answer);
  else console.log(text);
}

function printJson(answer: unknown): void {
  console.log(JSON.stringify(answer));
}
