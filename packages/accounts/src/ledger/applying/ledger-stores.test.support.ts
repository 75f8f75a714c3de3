import { Reports } from "../reports/reports.js";
import { openForReading } from "../../database/open-database.js";
import { describeWithPostgres } from "../../database/postgres/describe-with-postgres.test.support.js";
import { preparePostgres } from "../../database/postgres/open-postgres.js";
import { PostgresServer } from "../../database/postgres/postgres-server.test.support.js";
import { PostgresStatements } from "../../database/postgres/postgres-statements.js";
import { exactTypes } from "../../database/postgres/postgres-client.js";
import { SqliteStatements } from "../../database/sqlite-statements.js";
import type { StatementDatabase } from "../../database/statement-database.js";
import { temporaryFolder } from "../../journal/journal-folder.test.support.js";
import { openedLedger } from "./opened-ledger.test.support.js";
import { Client } from "pg";

/** An empty ledger, in one of the stores that must all behave alike. */
export interface LedgerStore {
  /** A connection more. */
  connect(): StatementDatabase;
  reports(): Reports;
  rows(sql: string): Promise<unknown[]>;
  /** The spend of every meter and period as it is kept. */
  keptSpend(): Promise<unknown[]>;
  /** The same, summed up from the attempts. */
  spendOfRows(): Promise<unknown[]>;
  close(): Promise<void>;
}

const keptSpend =
  "SELECT meter, period, certain_nano_usd, uncertain_nano_usd, attempts FROM spend ORDER BY meter, period";

const spendOf = (meter: string, period: string, charges: string): string =>
  `SELECT ${meter} AS meter, ${period} AS period,
     sum(CASE WHEN state <> 'uncertain' THEN coalesce(cost_nano_usd, 0) ELSE 0 END) AS certain_nano_usd,
     sum(CASE WHEN state = 'uncertain' THEN coalesce(cost_nano_usd, 0) ELSE 0 END) AS uncertain_nano_usd,
     count(*) AS attempts
   FROM attempts, ${charges} AS charge GROUP BY 1, 2 ORDER BY 1, 2`;

function inFolder(): LedgerStore {
  const folder = temporaryFolder();
  openedLedger(folder).close();
  const opened: StatementDatabase[] = [];
  const rows = (sql: string): Promise<unknown[]> => {
    const database = openForReading(`${folder}/ledger.sqlite`);
    const found = database.prepare(sql).all();
    database.close();
    return Promise.resolve(found);
  };
  return {
    connect: () => {
      const database = new SqliteStatements(openedLedger(folder));
      opened.push(database);
      return database;
    },
    reports: () => Reports.ofFolder(folder),
    rows,
    keptSpend: () => rows(keptSpend),
    spendOfRows: () =>
      rows(spendOf("charge.value ->> 'meter'", "charge.value ->> 'period'", "json_each(charges)")),
    close: async () => {
      for (const database of opened) await database.close();
    },
  };
}

let schemas = 0;

async function inPostgres(server: PostgresServer): Promise<LedgerStore> {
  const settings = server.settings(`ledger_${(schemas += 1)}`);
  await preparePostgres(settings);
  const opened: { close(): Promise<void> }[] = [];
  const client = new Client({ connectionString: server.url, types: exactTypes });
  client.on("error", () => undefined);
  await client.connect();
  await client.query(`SET search_path = ${settings.schema}`);
  const rows = async (sql: string): Promise<unknown[]> => (await client.query(sql)).rows as unknown[];
  return {
    connect: () => {
      const database = new PostgresStatements(settings);
      opened.push(database);
      return database;
    },
    reports: () => {
      const reports = Reports.ofPostgres(settings);
      opened.push(reports);
      return reports;
    },
    rows,
    keptSpend: () => rows(keptSpend),
    spendOfRows: () =>
      rows(
        spendOf(
          `charge.value ->> 'meter' COLLATE "C"`,
          `charge.value ->> 'period' COLLATE "C"`,
          "json_array_elements(charges::json)",
        ),
      ),
    close: async () => {
      for (const database of opened) await database.close();
      await client.end();
    },
  };
}

/** Runs tests of a ledger over SQLite, and over a PostgreSQL server of their own. */
export function describeEachLedger(tests: (open: () => Promise<LedgerStore>) => void): void {
  describe("in SQLite", () => tests(() => Promise.resolve(inFolder())));
  describeWithPostgres("in PostgreSQL", () => {
    let server: PostgresServer;
    beforeAll(async () => {
      server = await PostgresServer.start();
    });
    afterAll(() => server.stop());
    tests(() => inPostgres(server));
  });
}
