import { LiteLlmDatabase, LiteLlmDatabaseError } from "@darkroom/accounts";
import { CommandError } from "../command-error.js";

export interface DatabaseOptions {
  readonly databaseUrl?: string;
}

/**
 * Reads LiteLLM's database.
 * @throws CommandError where it cannot be read
 */
export async function withLiteLlm<Result>(
  { databaseUrl = process.env["LITELLM_DATABASE_URL"] }: DatabaseOptions,
  use: (database: LiteLlmDatabase) => Promise<Result>,
): Promise<Result> {
  if (databaseUrl === undefined)
    throw new CommandError(
      "Which database? Name LiteLLM's with --database-url postgresql://user@host:5432/litellm, or in LITELLM_DATABASE_URL, which keeps a password out of the list of processes. (DATABASE_URL is another one: where Darkroom keeps its own books.)",
    );
  try {
    const database = await LiteLlmDatabase.open(databaseUrl);
    try {
      return await use(database);
    } finally {
      await database.close();
    }
  } catch (error) {
    if (error instanceof LiteLlmDatabaseError) throw new CommandError(error.message);
    throw error;
  }
}
