import type { Answer } from "./management-call.js";
import { type FieldOption, budgetOption, limitOptions, modelsOption, tagsOption, text } from "./fields.js";

/** What `darkroom keys`, `darkroom teams` and so on are about. */
export interface Resource {
  readonly name: "keys" | "teams" | "users" | "customers" | "budgets";
  /** One of them, for people. */
  readonly one: string;
  /** In paths of the API. */
  readonly path: string;
  /** The field that names one. */
  readonly idField: string;
  /** Whether whoever makes one must name it. */
  readonly namesItself: "never" | "may" | "must";
  readonly fields: readonly FieldOption[];
  readonly list: {
    readonly filters: readonly FieldOption[];
    /** Sent along. */
    readonly query: Answer;
    /** Whether it comes in pages, and what a page's size is called. */
    readonly sizeField?: string;
    readonly rows: (answer: unknown) => readonly Answer[];
    readonly columns: readonly (readonly [heading: string, field: string])[];
  };
  /** How one is asked for, and where in the answer it is. */
  readonly show: {
    readonly method: "GET" | "POST";
    readonly query: (id: string) => Answer;
    readonly record: (answer: unknown) => Answer;
  };
  /** Several at once. */
  deletion(ids: readonly string[]): readonly Answer[];
  readonly canBeBlocked: boolean;
}

const budgetColumns = [
  ["spent", "spend"],
  ["budget", "max_budget"],
  ["per", "budget_duration"],
  ["rpm", "rpm_limit"],
] as const;

export const resources: readonly Resource[] = [
  {
    name: "keys",
    one: "key",
    path: "/key",
    idField: "key",
    namesItself: "never",
    fields: [
      text("--alias <name>", "key_alias", "what people call it"),
      text("--duration <time>", "duration", "how long it is valid: 24h, 30d; else for ever"),
      text("--team <id>", "team_id", "the team that is charged"),
      text("--user <id>", "user_id", "whose it is"),
      modelsOption,
      tagsOption,
      budgetOption,
      ...limitOptions,
    ],
    list: {
      filters: [
        text("--team <id>", "team_id", "of this team"),
        text("--user <id>", "user_id", "of this user"),
        text("--alias <name>", "key_alias", "with this alias"),
      ],
      query: { return_full_object: true },
      sizeField: "size",
      rows: (answer) => (answer as { keys: Answer[] }).keys,
      columns: [
        ["key", "key_name"],
        ["alias", "key_alias"],
        ["team", "team_id"],
        ["user", "user_id"],
        ["models", "models"],
        ...budgetColumns,
        ["expires", "expires"],
        ["blocked", "blocked"],
        ["hash", "token"],
      ],
    },
    show: {
      method: "GET",
      query: (key) => ({ key }),
      record: (answer) => (answer as { info: Answer }).info,
    },
    deletion: (keys) => [{ keys }],
    canBeBlocked: true,
  },
  {
    name: "teams",
    one: "team",
    path: "/team",
    idField: "team_id",
    namesItself: "may",
    fields: [
      text("--alias <name>", "team_alias", "what people call it"),
      modelsOption,
      tagsOption,
      budgetOption,
      ...limitOptions,
    ],
    list: {
      filters: [
        text("--user <id>", "user_id", "that this user is a member of"),
        text("--alias <name>", "team_alias", "with this alias"),
      ],
      query: {},
      rows: (answer) => answer as Answer[],
      columns: [
        ["team", "team_id"],
        ["alias", "team_alias"],
        ["members", "members"],
        ["models", "models"],
        ...budgetColumns,
        ["blocked", "blocked"],
      ],
    },
    show: {
      method: "GET",
      query: (team_id) => ({ team_id }),
      record: (answer) => (answer as { team_info: Answer }).team_info,
    },
    deletion: (team_ids) => [{ team_ids }],
    canBeBlocked: true,
  },
  {
    name: "users",
    one: "user",
    path: "/user",
    idField: "user_id",
    namesItself: "may",
    fields: [
      text("--alias <name>", "user_alias", "what people call them"),
      text("--email <address>", "user_email", "their address"),
      text(
        "--role <role>",
        "user_role",
        "proxy_admin, proxy_admin_viewer, internal_user or internal_user_viewer",
      ),
      modelsOption,
      budgetOption,
      ...limitOptions,
    ],
    list: {
      filters: [
        text("--email <address>", "user_email", "with this address"),
        text("--role <role>", "role", "with this role"),
      ],
      query: {},
      sizeField: "page_size",
      rows: (answer) => (answer as { users: Answer[] }).users,
      columns: [
        ["user", "user_id"],
        ["alias", "user_alias"],
        ["email", "user_email"],
        ["role", "user_role"],
        ["models", "models"],
        ...budgetColumns,
      ],
    },
    show: {
      method: "GET",
      query: (user_id) => ({ user_id }),
      record: (answer) => (answer as { user_info: Answer }).user_info,
    },
    deletion: (user_ids) => [{ user_ids }],
    canBeBlocked: false,
  },
  {
    name: "customers",
    one: "customer",
    path: "/customer",
    idField: "user_id",
    namesItself: "must",
    fields: [text("--alias <name>", "alias", "what people call them"), budgetOption, ...limitOptions],
    list: {
      filters: [],
      query: {},
      rows: (answer) => answer as Answer[],
      columns: [
        ["customer", "user_id"],
        ["alias", "alias"],
        ["spent", "spend"],
        ["budget", "budget_id"],
        ["blocked", "blocked"],
      ],
    },
    show: {
      method: "GET",
      query: (end_user_id) => ({ end_user_id }),
      record: (answer) => answer as Answer,
    },
    deletion: (user_ids) => [{ user_ids }],
    canBeBlocked: true,
  },
  {
    name: "budgets",
    one: "budget",
    path: "/budget",
    idField: "budget_id",
    namesItself: "may",
    fields: limitOptions,
    list: {
      filters: [],
      query: {},
      rows: (answer) => answer as Answer[],
      columns: [
        ["budget", "budget_id"],
        ["dollars", "max_budget"],
        ["per", "budget_duration"],
        ["begins anew", "budget_reset_at"],
        ["rpm", "rpm_limit"],
        ["tpm", "tpm_limit"],
        ["ipm", "ipm_limit"],
        ["parallel", "max_parallel_requests"],
      ],
    },
    show: {
      method: "POST",
      query: (id) => ({ budgets: [id] }),
      record: (answer) => (answer as Answer[])[0] ?? {},
    },
    // One at a time.
    deletion: (ids) => ids.map((id) => ({ id })),
    canBeBlocked: false,
  },
];
