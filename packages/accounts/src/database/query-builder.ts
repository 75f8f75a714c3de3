import { CamelCasePlugin, Kysely, SqliteDialect } from "kysely";
import { ExactIntegers } from "./exact-integers.js";
import type { LibsqlDatabase } from "./open-database.js";

/** Queries over a connection: columns are `snake_case` in the file and `camelCase` here, integers as {@link ExactIntegers}. */
export function queryBuilder<Tables>(database: LibsqlDatabase): Kysely<Tables> {
  return new Kysely<Tables>({
    dialect: new SqliteDialect({ database }),
    // The last one sees a result last: names are in camel case by then.
    plugins: [new CamelCasePlugin(), new ExactIntegers()],
  });
}
