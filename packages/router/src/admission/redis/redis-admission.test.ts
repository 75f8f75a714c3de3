import { describeAdmission } from "../admission.conformance.test.support.js";
import { testSameAnswers } from "../admission.property.test.support.js";
import type { HeldTime } from "../conformance/held-time.test.support.js";
import { RedisConnection } from "../../redis/redis-connection.js";
import { describeWithRedis } from "../../redis/describe-with-redis.test.support.js";
import { RedisServer } from "../../redis/redis-server.test.support.js";
import { Gateways, patience } from "./gateways.test.support.js";
import { RedisAdmission } from "./redis-admission.js";

describeWithRedis("Redis", () => {
  let server: RedisServer;
  const connections: RedisConnection[] = [];
  let count = 0;

  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterEach(() => {
    for (const connection of connections.splice(0)) connection.close();
  });
  afterAll(() => server.stop());

  const make = async (time: HeldTime): Promise<RedisAdmission> => {
    count += 1;
    const settings = { ...server.settings, keyPrefix: `test-${count}` };
    const connection = new RedisConnection(settings, { timers: patience });
    connections.push(connection);
    await connection.connect(0);
    return new RedisAdmission(connection, { testNowMs: () => time.nowMs });
  };

  const gateways = new Gateways();
  afterEach(() => gateways.close());

  describeAdmission("an admission in Redis", make);
  describeAdmission("a shared admission", (time) => {
    count += 1;
    const nowMs = () => time.nowMs;
    const settings = { ...server.settings, keyPrefix: `test-${count}` };
    return gateways.start(settings, {}, { nowMs, testNowMs: nowMs, timers: patience });
  });
  testSameAnswers("in Redis", make, { numRuns: 150 });
});
