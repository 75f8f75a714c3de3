import type { Change, Directory, DirectoryReader } from "../directory/directory.js";
import { authoredNow } from "../directory/keys.js";
import { type Authored, type KeySecret, memberIdOf } from "../directory/records.js";
import type { Finding, ImportedKind } from "./findings.js";
import type { ImportPlan } from "./plan.js";

/** How many of each kind come, and how many were here before. */
export type ImportCounts = Readonly<Record<ImportedKind, { readonly new: number; readonly here: number }>>;

/** What of a plan is not here yet. */
export interface OpenImport {
  readonly counts: ImportCounts;
  /** Of what is here already, and is not what LiteLLM has. */
  readonly findings: readonly Finding[];
  /** Writes it, within a change. */
  readonly add: (change: Change) => Promise<void>;
  readonly isEmpty: boolean;
}

/** Customers that were noted when they came, and of whom nobody has said anything yet. */
const notedBy = "use";

/**
 * Compares a plan with the directory. What is here stays as it is, so that a second import changes nothing.
 * @param read absent: there is no directory yet
 */
export async function compareImport(
  plan: ImportPlan,
  read: DirectoryReader | undefined,
): Promise<OpenImport> {
  const findings: Finding[] = [];
  const additions: ((change: Change) => Promise<void>)[] = [];
  const counts: Record<string, { new: number; here: number }> = {};

  const compare = async <New extends object>(
    kind: ImportedKind,
    records: readonly New[],
    idOf: (record: New) => string,
    get: ((id: string) => Promise<(New & Authored) | undefined>) | undefined,
    add: (change: Change, record: New & Authored, isThere: boolean) => Promise<void>,
  ): Promise<void> => {
    const count = (counts[kind] = { new: 0, here: 0 });
    for (const record of records) {
      const id = idOf(record);
      const known = await get?.(id);
      if (known === undefined || known.createdBy === notedBy) {
        count.new += 1;
        additions.push((change) => add(change, { ...record, ...authoredNow(change) }, known !== undefined));
        continue;
      }
      count.here += 1;
      const changed = differences(record, known);
      if (changed.length > 0)
        findings.push({
          kind,
          name: id,
          what: "kept",
          reason: `it was here before with another ${changed.join(", ")}`,
        });
    }
  };

  await compare(
    "budget",
    plan.budgets,
    ({ budgetId }) => budgetId,
    read && ((id) => read.budgets.get(id)),
    (change, record) => change.budgets.add(record),
  );
  await compare(
    "organization",
    plan.organizations,
    ({ organizationId }) => organizationId,
    read && ((id) => read.organizations.get(id)),
    (change, record) => change.organizations.add(record),
  );
  await compare(
    "user",
    plan.users,
    ({ userId }) => userId,
    read && ((id) => read.users.get(id)),
    (change, record) => change.users.add(record),
  );
  await compare(
    "team",
    plan.teams,
    ({ teamId }) => teamId,
    read && ((id) => read.teams.get(id)),
    (change, record) => change.teams.add(record),
  );
  await compare(
    "member",
    plan.members,
    memberIdOf,
    read && ((id) => read.members.get(id)),
    (change, record) => change.members.add(record),
  );
  await compare(
    "customer",
    plan.customers,
    ({ customerId }) => customerId,
    read && ((id) => read.customers.get(id)),
    (change, record, isThere) => (isThere ? change.customers.replace(record) : change.customers.add(record)),
  );
  await compare(
    "tag",
    plan.tags,
    ({ name }) => name,
    read && ((id) => read.tags.get(id)),
    (change, record) => change.tags.add(record),
  );
  const secretsOf = new Map<string, KeySecret[]>();
  for (const secret of plan.secrets)
    secretsOf.set(secret.keyId, [...(secretsOf.get(secret.keyId) ?? []), secret]);
  const keys: ImportPlan["keys"][number][] = [];
  for (const key of plan.keys) {
    const fitting = await fittingKey(key, read, findings);
    if (fitting !== undefined) keys.push(fitting);
  }
  await compare(
    "key",
    keys,
    ({ keyId }) => keyId,
    read && ((id) => read.keys.get(id)),
    async (change, record) => {
      for (const secret of secretsOf.get(record.keyId) ?? []) await change.secrets.add(secret);
      await change.keys.add(record);
    },
  );
  return {
    counts: counts as ImportCounts,
    findings,
    isEmpty: additions.length === 0,
    add: async (change) => {
      for (const addition of additions) await addition(change);
    },
  };
}

/** A key as it fits in with those that are here: its secret may open another one by now, or its alias be another's. */
async function fittingKey(
  key: ImportPlan["keys"][number],
  read: DirectoryReader | undefined,
  findings: Finding[],
): Promise<ImportPlan["keys"][number] | undefined> {
  if (read === undefined || (await read.keys.get(key.keyId)) !== undefined) return key;
  const { alias, ...others } = key;
  const name = alias ?? key.name;
  if ((await read.secrets.get(key.hash)) !== undefined) {
    findings.push({ kind: "key", name, what: "left out", reason: "its secret opens another key here" });
    return undefined;
  }
  if (alias === undefined || (await read.keys.find({ alias })).length === 0) return key;
  findings.push({
    kind: "key",
    name,
    what: "changed",
    reason: "another key here has its alias; it comes without",
  });
  return others;
}

/** Writes all of it or nothing. */
export async function applyImport(directory: Directory, open: OpenImport, by: string): Promise<void> {
  if (!open.isEmpty) await directory.change(by, open.add);
}

/** The fields that differ. */
function differences(record: object, known: object): readonly string[] {
  const before = new Map(Object.entries(known));
  const fields = new Map(Object.entries(record));
  return [...new Set([...fields.keys(), ...before.keys()])].filter(
    (name) => !authoredFields.has(name) && text(fields.get(name)) !== text(before.get(name)),
  );
}

const authoredFields = new Set(["createdAtMs", "createdBy", "updatedAtMs", "updatedBy"]);

/** The same for the same content, in whatever order fields come. */
function text(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner === "bigint") return `${inner}n`;
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)));
  });
}
