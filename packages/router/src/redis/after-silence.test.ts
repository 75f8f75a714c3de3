import { createServer, connect, type AddressInfo } from "node:net";
import { once } from "node:events";
import { type Timers, systemTimers } from "../memory/timers.js";
import { afterSilence } from "./after-silence.js";

/** Keeps this process from doing anything else. */
function beBusyFor(ms: number): void {
  const endsAtMs = performance.now() + ms;
  while (performance.now() < endsAtMs);
}

test("an answer that came while the process was busy has come in time", async () => {
  let hasAnswered = (): void => undefined;
  const answered = new Promise<void>((resolve) => (hasAnswered = resolve));
  const server = createServer((socket) => socket.on("data", (data) => socket.write(data, hasAnswered)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  await once(socket, "connect");
  try {
    const told: string[] = [];
    let ring = (): void => undefined;
    const held: Timers = {
      after: (_, callback) => {
        ring = callback;
        return () => undefined;
      },
    };
    const done = new Promise<void>((resolve) => {
      const callOff = afterSilence(held, 40, () => {
        told.push("silence");
        resolve();
      });
      socket.once("data", () => {
        callOff();
        told.push("answer");
        resolve();
      });
    });
    socket.write("?");
    await answered;
    // The deadline passes, and the answer waits in the socket: the timer comes first in the next turn.
    setTimeout(ring, 1);
    beBusyFor(5);
    await done;
    expect(told).toEqual(["answer"]);
  } finally {
    socket.destroy();
    server.close();
  }
});

test("silence is told once its time is over, unless it is called off", async () => {
  const told: string[] = [];
  afterSilence(systemTimers, 5, () => told.push("called off"))();
  await new Promise<void>((resolve) => afterSilence(systemTimers, 10, resolve));
  expect(told).toEqual([]);
});
