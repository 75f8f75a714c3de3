import { Client } from "pg";
import { StoreServer } from "../store-servers.js";
import { until } from "../until.js";
import { liteLlmSchema } from "./litellm-schema.js";

/** A PostgreSQL with LiteLLM's tables. */
export class LiteLlmServer {
  private constructor(private readonly server: StoreServer) {}

  static async start(): Promise<LiteLlmServer> {
    const started = new LiteLlmServer(await StoreServer.postgres());
    // It takes connections a moment before it answers.
    await until(() => started.query("SELECT 1").catch(() => undefined));
    await started.query(liteLlmSchema);
    return started;
  }

  get url(): string {
    return this.server.url;
  }

  /** Adds a row; objects are written as JSON. */
  async add(table: string, row: Readonly<Record<string, unknown>>): Promise<void> {
    const names = Object.keys(row).map((name) => `"${name}"`);
    const places = names.map((_, index) => `$${index + 1}`);
    const values = Object.values(row).map((value) =>
      typeof value === "object" && value !== null && !(value instanceof Date) && !isTexts(value)
        ? JSON.stringify(value)
        : value,
    );
    await this.query(`INSERT INTO "${table}" (${names.join(", ")}) VALUES (${places.join(", ")})`, values);
  }

  /** Everything that is in its tables, to be compared. */
  async content(): Promise<string> {
    const tables = await this.query<{ name: string }>(
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1",
    );
    const contents = [];
    for (const { name } of tables)
      contents.push([
        name,
        await this.query(`SELECT to_json(t) AS row FROM "${name}" t ORDER BY to_json(t)::text`),
      ]);
    return JSON.stringify(contents);
  }

  async query<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    const client = new Client({ connectionString: this.url });
    await client.connect();
    try {
      return (await client.query(text, [...values])).rows as Row[];
    } finally {
      await client.end();
    }
  }

  async stop(): Promise<void> {
    await this.server.stop();
  }
}

function isTexts(value: object): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
