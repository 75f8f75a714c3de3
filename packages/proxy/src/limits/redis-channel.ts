import type { GatewayChannel } from "@darkroom/accounts";
import type { RedisConnection } from "@darkroom/router";

/** A call that does not get through by then is lost. */
const deadlineMs = 1_000;

/** Calls between the gateways that share a Redis. */
export function redisChannel(connection: RedisConnection, name: string): GatewayChannel {
  const channel = `${connection.keys}${name}`;
  return {
    send: (message) =>
      void connection.ask(deadlineMs, (client) => client.publish(channel, message)).catch(() => undefined),
    listen: (callback) => connection.listen(channel, callback),
  };
}
