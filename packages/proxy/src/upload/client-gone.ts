import type { IncomingMessage, ServerResponse } from "node:http";

/** A request, and all that tells that its client has gone. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Whether the client has gone before anything of the body was read. */
export function isClientGone({ request }: Exchange): boolean {
  return request.destroyed;
}

/**
 * Calls `leave` when the client goes. A request that has been read to its end closes by itself; from then on only its
 * response tells.
 * @returns calls it off
 */
export function whenClientGoes({ request, response }: Exchange, leave: () => void): () => void {
  const onClose = () => {
    if (!request.readableEnded) leave();
  };
  request.on("close", onClose);
  response.on("close", leave);
  return () => {
    request.off("close", onClose);
    response.off("close", leave);
  };
}
