/** When the load generator sends: how a loop uses its connections. */
import { clearInterval, setInterval } from "node:timers";

/** So many connections, each sending as soon as it has its answer: shows what a target can do. */
export class ClosedLoop {
  /** Nothing is due before its connection is free. */
  waiting = 0;
  #connections;

  constructor(connections) {
    this.#connections = connections;
  }

  start(open) {
    for (let opened = 0; opened < this.#connections; opened += 1) open();
  }

  free(connection) {
    connection.send(performance.now());
  }

  closed(_connection, open) {
    open();
  }

  stop() {}
}

/**
 * So many requests a second, whether or not the target keeps up, as clients who know nothing of one another send them. A
 * request that finds no free connection waits, and its latency counts from when it was due.
 */
export class OpenLoop {
  static #mostConnections = 256;
  #rate;
  #timer;
  #due = [];
  #idle = [];
  #opened = 0;

  constructor(rate) {
    this.#rate = rate;
  }

  get waiting() {
    return this.#due.length;
  }

  start(open) {
    const startedAtMs = performance.now();
    let sent = 0;
    this.#timer = setInterval(() => {
      const dueNow = ((performance.now() - startedAtMs) * this.#rate) / 1000;
      for (; sent < dueNow; sent += 1) this.#arrive(startedAtMs + (sent * 1000) / this.#rate, open);
    }, 1);
  }

  free(connection) {
    const dueAtMs = this.#due.shift();
    if (dueAtMs === undefined) this.#idle.push(connection);
    else connection.send(dueAtMs);
  }

  closed(connection, open) {
    this.#opened -= 1;
    this.#idle = this.#idle.filter((each) => each !== connection);
    if (this.#due.length > 0) this.#open(open);
  }

  stop() {
    clearInterval(this.#timer);
    this.#due = [];
  }

  #arrive(dueAtMs, open) {
    const connection = this.#idle.pop();
    if (connection !== undefined) return connection.send(dueAtMs);
    this.#due.push(dueAtMs);
    if (this.#opened < OpenLoop.#mostConnections) this.#open(open);
  }

  #open(open) {
    this.#opened += 1;
    open();
  }
}
