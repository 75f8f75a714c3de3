import type { ServerResponse } from "node:http";

/**
 * Calls back once all of an answer went out to its client. Only the event tells: Node also calls a response finished that
 * was destroyed behind its end. And it sends the event too where the connection broke at a write.
 */
export function whenTaken(response: ServerResponse, callback: () => void): void {
  response.once("finish", () => {
    if (response.req.socket.errored === null) callback();
  });
}
