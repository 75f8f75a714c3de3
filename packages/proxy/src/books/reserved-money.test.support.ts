import { randomUUID } from "node:crypto";
import {
  LostReservations,
  type Meter,
  MultipartBody,
  RedisConnection,
  type RedisSettings,
  SharedAdmission,
  settingsFromRedisUrl,
} from "@darkroom/router";
import { reservationNote } from "./reservation-note.js";

const budget: Meter = {
  key: "team:red",
  window: { kind: "period", startMs: 0, endMs: 8_000_000_000_000 },
  limit: 1_000n,
  isMoney: true,
};
const body = MultipartBody.of([
  { name: "prompt", content: [Buffer.from("Add a red hat")] },
  { name: "image", fileName: "a.png", content: [Buffer.from("picture")] },
]);
const deployment = { id: "one", group: "edits", model: "gpt-image-1", apiBase: "", apiKey: "" };
const payers = [{ scope: "team", id: "red", meter: "team:red", limits: {} }] as const;

function noteOf(requestId: string): string | undefined {
  const request = { id: requestId, model: "edits", parameters: body.parameters, body };
  return reservationNote(request, [deployment], { caller: "key-1", payers });
}

/** A Redis' settings, with names in it that nobody else uses. */
export function ownNamesIn(redisUrl: string): RedisSettings {
  return { ...settingsFromRedisUrl(redisUrl), keyPrefix: `test-${randomUUID()}` };
}

/** A gateway that reserves money of a team. */
export class ReservedMoney {
  private constructor(
    readonly reservations: LostReservations,
    readonly admission: SharedAdmission,
    private readonly connection: RedisConnection,
  ) {}

  /** @param journalId of the gateway */
  static async of(redis: RedisSettings, journalId: string): Promise<ReservedMoney> {
    const connection = new RedisConnection(redis);
    const admission = new SharedAdmission(connection, { onFailure: "deny", journalId });
    await admission.start(5_000);
    await admission.seed([{ meter: budget, spent: 0n }]);
    return new ReservedMoney(new LostReservations(connection), admission, connection);
  }

  async reserve(attemptId: string, amount: bigint, note = noteOf(attemptId)): Promise<void> {
    const asked = { attemptId, requestId: `request of ${attemptId}`, requestCharges: [], note };
    const candidates = [{ id: "one", charges: [{ meter: budget, amount }] }];
    const { kind } = await this.admission.admit({ ...asked, candidates });
    if (kind !== "admitted") throw new Error(`${attemptId} was not admitted: ${kind}`);
  }

  /** What the team has spent, and what is reserved of its budget. */
  async meter(): Promise<readonly (bigint | undefined)[]> {
    const [use] = await this.admission.usage([budget]);
    return [use?.used, use?.reserved];
  }

  async close(): Promise<void> {
    await this.admission.close();
    this.connection.close();
  }
}
