/** Three gateways, one Redis, one quota over two keys, 300 clients: all of the quota is used, and nothing beyond it. */
import { RedisServer } from "../../packages/router/dist/redis/redis-server.test.support.js";
import { modelEntries } from "../../packages/proxy/dist/system/model-entry.js";
import { startGateway } from "../../packages/proxy/dist/system/running-gateway.js";
import { simulatorKeys, startSimulator } from "../../packages/proxy/dist/system/running-simulator.js";
import { closedLoop, countsOf, editAt } from "./clients.mjs";
import { callsAt, exceeded, mostByOrganization, meanUse, ownWindowMs, percent } from "./windows.mjs";

const gatewayCount = 3;
const clients = 300;
const organization = "org-house";
const rpm = 240;
const parallel = 30;

/**
 * @param {object} options
 * @param {number[]} options.images how many an edit asks for, in turns
 * @param {number} options.leastUse share of the limit that binds
 */
export async function sharedQuota({ images, leastUse }) {
  const meanImages = images.reduce((sum, n) => sum + n, 0) / images.length;
  // For one image an edit requests and images bind alike; for several it is images.
  const ipm = Math.round(meanImages === 1 ? rpm : (rpm * meanImages) / 1.5);
  const limits = {
    [organization]: { requestsPerMinute: rpm, imagesPerMinute: ipm, parallelRequests: parallel },
  };
  const keys = Object.fromEntries(Object.values(simulatorKeys).map((key) => [key, organization]));
  const simulator = await startSimulator({ keys, limits, latency: { meanMs: 400, jitterMs: 200 } });
  const redis = await RedisServer.start();
  try {
    const entry = modelEntries(simulator.url, { quota: "house" });
    const config = JSON.stringify({
      model_list: Object.entries(simulatorKeys).map(([name, key]) => entry("edits", name, key)),
      quotas: { house: { rpm, ipm, max_parallel_requests: parallel } },
      router_settings: { queue_timeout: 180, max_queue: clients, num_retries: 0 },
    });
    const environment = { REDIS_URL: `redis://127.0.0.1:${redis.port}` };
    const gateways = await Promise.all(
      Array.from({ length: gatewayCount }, () => startGateway({ config, environment })),
    );
    const edits = await closedLoop(clients, Date.now() + 3 * ownWindowMs + 5_000, (client, count) =>
      editAt(gateways[client % gatewayCount].url, {
        model: "edits",
        user: `client-${client}`,
        n: String(images[(client + count) % images.length]),
      }),
    );
    const calls = await callsAt(simulator.url);
    const most = mostByOrganization(calls).get(organization);
    const firstAtMs = Math.min(...calls.map(({ arrivedAtMs }) => arrivedAtMs));
    const time = { fromMs: firstAtMs + ownWindowMs, toMs: firstAtMs + 3 * ownWindowMs };
    const use = meanUse(calls, ipm, time);
    const refusedUpstream = calls.filter(({ status }) => status === 429).length;
    const degraded = gateways
      .flatMap((gateway) => gateway.logLines())
      .filter((line) => line.includes("limits are not shared"))
      .map((line) => JSON.parse(line));
    // Where Redis was taken for lost, what is promised is less: no more than a share above the limit (README of the router).
    const allowed = degraded.length === 0 ? limits : withAShareMore(limits);
    const broken = exceeded(mostByOrganization(calls), allowed);
    if (use < leastUse && degraded.length === 0) broken.push(`only ${percent(use)} of the images were used`);
    if (refusedUpstream > 0 && degraded.length === 0)
      broken.push(`the upstream refused ${refusedUpstream} calls`);
    return {
      lines: [
        `${gatewayCount} gateways, ${clients} clients, n of ${images.join(", ")}; limits: ${rpm} requests and ${ipm} images a minute, ${parallel} calls at once`,
        `most in any minute: ${most.requests} requests, ${most.images} images; at any moment: ${most.parallel} calls`,
        `of the images that a minute allows ${percent(use)} were used, on the average; the upstream refused ${refusedUpstream}`,
        `times that a gateway went on without Redis, since it did not answer in time: ${degraded.length}`,
        ...degraded.map(
          ({ time, reason }) =>
            `  ${((time - firstAtMs) / 1000).toFixed(1)} s after the first call: ${reason}`,
        ),
        `answers by status: ${JSON.stringify(countsOf(edits))}`,
      ],
      broken,
    };
  } finally {
    await redis.stop();
  }
}

function withAShareMore(limits) {
  const raised = Object.entries(limits[organization]).map(([name, limit]) => [
    name,
    limit + Math.ceil(limit / gatewayCount),
  ]);
  return { [organization]: Object.fromEntries(raised) };
}
