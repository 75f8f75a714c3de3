import { describeAdmission } from "../admission.conformance.test.support.js";
import { testSameAnswers } from "../admission.property.test.support.js";
import type { HeldTime } from "../conformance/held-time.test.support.js";
import { RedisConnection } from "../../redis/redis-connection.js";
import { describeWithRedis } from "../../redis/describe-with-redis.test.support.js";
import { RedisServer } from "../../redis/redis-server.test.support.js";
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
    const connection = new RedisConnection({ ...server.settings, keyPrefix: `test-${count}` });
    connections.push(connection);
    await connection.connect(2000);
    const deadlines = { admitMs: 5000, otherMs: 5000 };
    return new RedisAdmission(connection, { testNowMs: () => time.nowMs, deadlines });
  };

  describeAdmission("an admission in Redis", make);
  testSameAnswers("in Redis", make, { numRuns: 150 });
});
