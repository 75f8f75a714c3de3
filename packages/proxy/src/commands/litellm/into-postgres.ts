import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Directory,
  type DirectoryReader,
  type Finding,
  GatewayLock,
  type ImportPlan,
  type ImportedKind,
  Journal,
  Ledger,
  type LedgerReports,
  PostgresError,
  type PostgresSettings,
  Reports,
  SharedFeed,
  applyImport,
  compareImport,
  countedAlready,
  isPreparedPostgres,
  postgresName,
  preparePostgres,
} from "@darkroom/accounts";
import type { RedisConfig } from "../../config/settings/redis.js";
import { type LimitsStore, openLimitsStore } from "../../limits/limits-store.js";
import { createLog } from "../../observability/log.js";
import { CommandError } from "../command-error.js";
import { type ImportTarget, type Imported, by, carriedMeters, spendCounts } from "./imported.js";

/** Where gateways that share everything keep it. */
export interface SharedBooks {
  readonly postgres: PostgresSettings;
  /** Where they share limits; absent: a gateway works there alone. */
  readonly redis: RedisConfig | undefined;
}

/**
 * An import into the PostgreSQL of gateways. Those that share their limits go on meanwhile: they are told of every key. One
 * that is alone remembers what was spent by itself, and must be stopped.
 */
export function intoPostgres(books: SharedBooks): ImportTarget {
  return {
    name: `the ${postgresName(books.postgres)}`,
    tried: (plan) => tried(plan, books),
    applied: (plan) => applied(plan, books),
  };
}

async function tried(plan: ImportPlan, books: SharedBooks): Promise<Imported> {
  const { postgres } = books;
  if (!(await isPreparedPostgres(postgres))) {
    const { counts, findings } = await compareImport(plan, undefined);
    const spend = spendCounts(plan.spend, plan.spend.length);
    return { dryRun: true, counts, spend, findings: [...plan.findings, ...findings] };
  }
  const directory = await Directory.connect({ postgres, feed: new SharedFeed() });
  const reports = Reports.ofPostgres(postgres);
  try {
    const open = await compareImport(plan, directory.read);
    const { fresh, findings } = await spendToCarry(plan, books, directory.read, reports);
    return {
      dryRun: true,
      counts: open.counts,
      spend: spendCounts(plan.spend, fresh.length),
      findings: [...plan.findings, ...open.findings, ...findings],
    };
  } finally {
    await reports.close();
    await directory.close();
  }
}

async function applied(plan: ImportPlan, books: SharedBooks): Promise<Imported> {
  const { postgres, redis } = books;
  await preparePostgres(postgres);
  const lock = await heldLock(books);
  try {
    const limits = redis && (await openLimitsStore(redis, createLog("silent")));
    try {
      return await written(plan, books, limits);
    } finally {
      await limits?.close();
    }
  } finally {
    await lock.release();
  }
}

/** @throws CommandError where a gateway works there that could not be told what it has to count */
async function heldLock({ postgres, redis }: SharedBooks): Promise<GatewayLock> {
  const onLost = (reason: string): void => {
    console.error(`The import was broken off: ${reason} Run it again.`);
    process.exit(1);
  };
  try {
    return await GatewayLock.take(postgres, {
      company: redis === undefined ? "alone" : "together",
      waitMs: 0,
      onLost,
    });
  } catch (error) {
    if (!(error instanceof PostgresError)) throw error;
    throw new CommandError(
      `${error.message} Stop it while the import runs, so that no budget is used in between; --dry-run works beside it. ` +
        "Gateways that share their limits may go on: give the import their REDIS_URL.",
    );
  }
}

/** What was spent comes first: should the import end in between, no key works that could spend it once more. */
async function written(
  plan: ImportPlan,
  books: SharedBooks,
  limits: LimitsStore | undefined,
): Promise<Imported> {
  const { postgres } = books;
  const channel = limits?.channel?.("directory");
  const directory = await Directory.connect({
    postgres,
    feed: new SharedFeed({ ...(channel !== undefined && { channel }) }),
  });
  // What it loses with an import that is broken off, the next one carries over.
  const folder = mkdtempSync(join(tmpdir(), "darkroom-import-"));
  try {
    const journal = await Journal.open({ folder });
    try {
      const ledger = await Ledger.open({ folder, postgres, journal });
      try {
        const open = await compareImport(plan, directory.read);
        const { fresh, findings } = await spendToCarry(plan, books, directory.read, ledger.reports);
        await ledger.carry(fresh);
        await applyImport(directory, open, by);
        return {
          dryRun: false,
          counts: open.counts,
          spend: spendCounts(plan.spend, fresh.length),
          findings: [...plan.findings, ...open.findings, ...findings],
        };
      } finally {
        await ledger.close();
      }
    } finally {
      await journal.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await directory.close();
  }
}

/** What was not carried over before. Of payers that gateways have begun to count nothing can be added where they share limits. */
async function spendToCarry(
  { spend }: ImportPlan,
  { redis }: SharedBooks,
  read: DirectoryReader,
  reports: LedgerReports,
): Promise<{ readonly fresh: ImportPlan["spend"]; readonly findings: readonly Finding[] }> {
  const before = await carriedMeters(reports);
  const open = spend.filter(({ meter }) => !before.has(meter));
  if (redis === undefined) return { fresh: open, findings: [] };
  const counted = await countedAlready(open, read, reports);
  const findings = open
    .filter(({ meter }) => counted.has(meter))
    .map(({ meter }): Finding => {
      const at = meter.indexOf(":");
      return {
        kind: meter.slice(0, at) as ImportedKind,
        name: meter.slice(at + 1),
        what: "changed",
        reason: "it was counted here before; what it has spent with LiteLLM is not added to that",
      };
    });
  return { fresh: open.filter(({ meter }) => !counted.has(meter)), findings };
}
