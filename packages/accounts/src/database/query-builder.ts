import { CamelCasePlugin, type Dialect, Kysely } from "kysely";
import { ExactIntegers } from "./exact-integers.js";

/** Queries over a database: columns are `snake_case` there and `camelCase` here, integers as {@link ExactIntegers}. */
export function queryBuilder<Tables>(dialect: Dialect): Kysely<Tables> {
  return new Kysely<Tables>({
    dialect,
    // The last one sees a result last: names are in camel case by then.
    plugins: [new CamelCasePlugin(), new ExactIntegers()],
  });
}
