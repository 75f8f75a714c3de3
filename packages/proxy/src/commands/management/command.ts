import { type Command, Option } from "commander";
import type { ManagementOptions } from "./actions.js";
import { type FieldOption, withFields } from "./fields.js";
import { type Resource, resources } from "./resources.js";

/** What each command does is loaded when it is called. */
const actions = () => import("./actions.js");

/** `darkroom keys`, `teams`, `users`, `customers` and `budgets`: who may spend what, at a running gateway. */
export function addManagementCommands(program: Command): void {
  for (const resource of resources) addCommandsOf(resource, program);
}

function addCommandsOf(resource: Resource, program: Command): void {
  const { name, one, fields, namesItself, canBeBlocked, list } = resource;
  const group = program.command(name).description(`${name} of a running gateway`);

  const listing = withFilters(withGateway(group.command("list")), list.filters).description(
    `list ${name}, the newest first`,
  );
  if (list.sizeField !== undefined)
    listing
      .option("--limit <count>", "how many a page, up to 500", "50")
      .option("--page <number>", "which page", "1");
  listing.action(async (options: ManagementOptions) => (await actions()).list(resource, options));

  withGateway(group.command("show"))
    .description(`say what is known of a ${one}`)
    .argument(`<${one}>`, idHelp(resource))
    .action(async (id: string, options: ManagementOptions) => (await actions()).show(resource, id, options));

  const making = withFields(withGateway(group.command("create")), fields).description(`make a ${one}`);
  if (namesItself === "must") making.argument(`<${one}>`, "its id");
  if (namesItself === "may") making.argument(`[${one}]`, "its id; else one is made");
  if (name === "keys") making.option("--key-only", "print the key and nothing else", false);
  if (name === "users") making.option("--with-key", "make a key as well", false);
  making.action(async (...given: unknown[]) => {
    const [first, second] = given;
    const [id, options] = namesItself === "never" ? [undefined, first] : [first, second];
    await (await actions()).create(resource, id as string | undefined, options as ManagementOptions);
  });

  withFields(withGateway(group.command("update")), fields)
    .description(`change a ${one}; what is not named stays, none takes it away`)
    .argument(`<${one}>`, idHelp(resource))
    .action(async (id: string, options: ManagementOptions) =>
      (await actions()).update(resource, id, options),
    );

  if (canBeBlocked)
    for (const [verb, blocked, description] of [
      ["block", true, `refuse ${name} until they are unblocked`],
      ["unblock", false, `serve ${name} again`],
    ] as const)
      withGateway(group.command(verb))
        .description(description)
        .argument(`<${name}...>`, idHelp(resource))
        .action(async (ids: string[], options: ManagementOptions) =>
          (await actions()).setBlocked(resource, ids, blocked, options),
        );

  withGateway(group.command("delete"))
    .description(`remove ${name}`)
    .argument(`<${name}...>`, idHelp(resource))
    .action(async (ids: string[], options: ManagementOptions) =>
      (await actions()).remove(resource, ids, options),
    );

  if (name === "keys") addRotation(resource, group);
  if (name === "teams") addMembership(group);
}

function addRotation(resource: Resource, group: Command): void {
  withGateway(group.command("rotate"))
    .description("give a key a new secret; what it has spent and may spend stays")
    .argument("<key>", idHelp(resource))
    .option("--grace <time>", "take the old secret as well for so long: 24h, 7d")
    .option("--key-only", "print the key and nothing else", false)
    .action(async (id: string, options: ManagementOptions) =>
      (await actions()).rotate(resource, id, options),
    );
}

function addMembership(group: Command): void {
  withGateway(group.command("add-member"))
    .description("make a user a member of a team")
    .argument("<team>", "its id")
    .argument("<user>", "their id")
    .addOption(new Option("--role <role>", "what they are there").choices(["admin", "user"]).default("user"))
    .option("--max-budget <usd>", "dollars that they may spend in the team")
    .option("--budget-duration <time>", "how long that budget lasts: 24h, 7d, 1mo; else for ever")
    .action(async (team: string, user: string, options: ManagementOptions) =>
      (await actions()).addMember(team, user, options),
    );

  withGateway(group.command("remove-member"))
    .description("take a user out of a team, with the keys that they have for it")
    .argument("<team>", "its id")
    .argument("<user>", "their id")
    .action(async (team: string, user: string, options: ManagementOptions) =>
      (await actions()).removeMember(team, user, options),
    );
}

function idHelp({ name }: Resource): string {
  return name === "keys" ? "the key, its hash or its alias" : "the id";
}

function withGateway(command: Command): Command {
  return command
    .option("--url <url>", "the gateway (env: DARKROOM_URL; default: http://localhost:4000)")
    .option("--key <key>", "its key (env: DARKROOM_KEY)")
    .option("--json", "print the result as JSON", false);
}

function withFilters(command: Command, filters: readonly FieldOption[]): Command {
  for (const { flags, description } of filters) command.addOption(new Option(flags, description));
  return command;
}
