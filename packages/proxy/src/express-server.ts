import http from "node:http";
import type { Express } from "express";

/**
 * A server whose requests and responses are born with Express' prototypes.
 *
 * For every request Express sets the prototypes of both objects to its own. Node's functions have been optimised for the
 * objects as they were, and run several times slower on the changed ones: that, not Express' own code, is most of what
 * Express costs (a small answer: 70 µs of CPU, 21 µs with this, 18 µs without Express). Where the prototypes are Express'
 * from the beginning, setting them changes nothing.
 */
export function createExpressServer(
  application: Express,
  options: http.ServerOptions,
  handle: http.RequestListener,
): http.Server {
  return http.createServer(
    {
      ...options,
      IncomingMessage: bornAs(http.IncomingMessage, application.request) as typeof http.IncomingMessage,
      ServerResponse: bornAs(http.ServerResponse, application.response) as typeof http.ServerResponse,
    },
    handle,
  );
}

/**
 * A constructor of the same objects with another prototype, which must inherit from theirs. Node's own are functions, not
 * classes: called as such they are as fast as ever, while `Reflect.construct` costs more than Express' way.
 */
function bornAs(original: unknown, prototype: object): unknown {
  const initialize = original as (this: object, ...args: unknown[]) => void;
  function Born(this: object, ...args: unknown[]): void {
    initialize.apply(this, args);
  }
  Born.prototype = prototype;
  return Born;
}
