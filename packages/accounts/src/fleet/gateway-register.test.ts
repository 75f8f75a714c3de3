import { randomUUID } from "node:crypto";
import { describeWithPostgres } from "../database/postgres/describe-with-postgres.test.support.js";
import { preparePostgres } from "../database/postgres/open-postgres.js";
import { PostgresServer } from "../database/postgres/postgres-server.test.support.js";
import { GatewayRegister } from "./gateway-register.js";

describeWithPostgres("the register of gateways", () => {
  let server: PostgresServer;
  const open: GatewayRegister[] = [];

  beforeAll(async () => {
    server = await PostgresServer.start();
  });
  afterEach(async () => {
    for (const register of open.splice(0)) await register.close();
  });
  afterAll(() => server.stop());

  const begin = async () => {
    const settings = server.settings(`s_${randomUUID().replaceAll("-", "")}`);
    await preparePostgres(settings);
    const register = (): GatewayRegister => {
      const one = new GatewayRegister(settings);
      open.push(one);
      return one;
    };
    /** As if a gateway had been silent for so long. */
    const silence = (journalId: string, milliseconds: number) =>
      server.query(
        `UPDATE ${settings.schema}.gateways SET last_seen_ms = last_seen_ms - ${milliseconds} WHERE journal_id = $1`,
        [journalId],
      );
    return { register: register(), other: register(), silence };
  };
  const place = (journalId: string) => ({ journalId, host: "one", folder: "/data" });

  it("knows who is silent, for how long, and where its journal was", async () => {
    const { register, other, silence } = await begin();
    for (const id of ["a", "b", "c"]) await register.seen(place(id));
    await silence("a", 120_000);
    await silence("b", 600_000);
    expect((await other.silentFor(60_000)).map(({ journalId }) => journalId)).toEqual(["b", "a"]);
    const [found] = await other.silentFor(300_000);
    expect(found).toMatchObject({ ...place("b"), state: "running" });
    expect(found!.silentForMs).toBeGreaterThanOrEqual(600_000);
    await register.seen({ ...place("b"), folder: "/elsewhere" });
    expect(await other.silentFor(60_000)).toMatchObject([{ journalId: "a" }]);
    expect(await other.find("b")).toMatchObject({ folder: "/elsewhere" });
    await register.forget("a");
    expect(await other.find("a")).toBeUndefined();
  });

  it("takes nobody for lost who was seen meanwhile, and forgets those that are lost for long", async () => {
    const { register, other, silence } = await begin();
    await register.seen(place("a"));
    await silence("a", 120_000);
    const [before] = await other.silentFor(60_000);
    await register.seen(place("a"));
    await other.markLost(before!);
    expect(await other.find("a")).toMatchObject({ state: "running" });
    await silence("a", 120_000);
    await other.forgetLost(60_000);
    const [now] = await other.silentFor(60_000);
    await other.markLost(now!);
    expect(await other.silentFor(60_000)).toMatchObject([{ journalId: "a", state: "lost" }]);
    await other.forgetLost(600_000);
    expect(await other.find("a")).toMatchObject({ state: "lost" });
    await other.forgetLost(60_000);
    expect(await other.find("a")).toBeUndefined();
  });

  it("lets one at a time do something about a journal, and whoever comes meanwhile go on", async () => {
    const { register, other } = await begin();
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    let hasBegun = (): void => undefined;
    const begun = new Promise<void>((resolve) => (hasBegun = resolve));
    const first = register.alone("a", async () => {
      hasBegun();
      await ended;
      return "first";
    });
    await begun;
    expect(await other.alone("a", () => Promise.resolve("second"))).toBeUndefined();
    expect(await other.alone("b", () => Promise.resolve("another"))).toBe("another");
    end();
    expect(await first).toBe("first");
    expect(await other.alone("a", () => Promise.resolve("second"))).toBe("second");
    await expect(register.alone("a", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await other.alone("a", () => Promise.resolve("third"))).toBe("third");
  });
});
