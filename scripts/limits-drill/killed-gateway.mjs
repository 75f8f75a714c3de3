/** A gateway is killed while it holds all leases of a quota: another one gets them within half a minute. */
import { setTimeout as wait } from "node:timers/promises";
import { RedisServer } from "../../packages/router/dist/redis/redis-server.test.support.js";
import { modelEntries } from "../../packages/proxy/dist/system/model-entry.js";
import { startGateway } from "../../packages/proxy/dist/system/running-gateway.js";
import { simulatorKeys, startSimulator } from "../../packages/proxy/dist/system/running-simulator.js";
import { editAt } from "./clients.mjs";

const parallel = 5;
const longestMs = 30_000;

export async function killedGateway() {
  const simulator = await startSimulator();
  const redis = await RedisServer.start();
  try {
    const entry = modelEntries(simulator.url);
    const config = JSON.stringify({
      model_list: [entry("edits", "one", simulatorKeys.one, { max_parallel_requests: parallel })],
      router_settings: { queue_timeout: 60, num_retries: 0 },
    });
    const environment = { REDIS_URL: `redis://127.0.0.1:${redis.port}` };
    const [doomed, other] = await Promise.all([
      startGateway({ config, environment }),
      startGateway({ config, environment }),
    ]);
    await simulator.setFaults({ count: parallel, fault: { kind: "hang" } });
    const lost = Array.from({ length: parallel }, () => editAt(doomed.url, { model: "edits" }));
    while ((await usedCalls(other)) < parallel) await wait(50);
    const late = editAt(other.url, { model: "edits" });
    const killedAtMs = Date.now();
    doomed.process.kill("SIGKILL");
    const { status, answeredAtMs } = await late;
    const tookMs = answeredAtMs - killedAtMs;
    await Promise.all(lost);
    while ((await usedCalls(other)) > 0 && Date.now() < killedAtMs + longestMs) await wait(50);
    const left = await usedCalls(other);
    const broken = [];
    if (status !== 200 || tookMs > longestMs) broken.push(`status ${status} after ${tookMs} ms`);
    if (left !== 0) broken.push(`${left} calls are counted that nobody makes`);
    return {
      lines: [
        `${parallel} leases of a killed gateway: an edit of another was served ${tookMs} ms after the kill`,
      ],
      broken,
    };
  } finally {
    await redis.stop();
  }
}

async function usedCalls({ url }) {
  const answer = await (await fetch(`${url}/quota`)).json();
  return answer.quotas[0].limits.find((limit) => limit.of === "calls").used;
}
