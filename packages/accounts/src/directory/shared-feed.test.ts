import { ManualTimers } from "../manual-timers.test.support.js";
import type { DirectoryChange } from "./feed.js";
import { type GatewayChannel, SharedFeed, type WrittenChanges, lookEveryMs } from "./shared-feed.js";

let written: DirectoryChange[];
let isAway: boolean;
let timers: ManualTimers;
let told: DirectoryChange[];

/** Changes as they are written down, unless the database is away. */
const changes: WrittenChanges = {
  version: () => (isAway ? Promise.reject(new Error("away")) : Promise.resolve(written.at(-1)?.version ?? 0)),
  changesAfter: (version, limit) =>
    isAway
      ? Promise.reject(new Error("away"))
      : Promise.resolve(written.filter((one) => one.version > version).slice(0, limit)),
};

const change = (version: number): DirectoryChange => ({
  version,
  records: [{ kind: "key", id: `key-${version}`, how: "put" }],
});

const write = (version: number): DirectoryChange => {
  const one = change(version);
  written.push(one);
  return one;
};

class Channel implements GatewayChannel {
  readonly sent: string[] = [];
  readonly #callbacks = new Set<(message: string) => void>();
  send(message: string): void {
    this.sent.push(message);
  }
  listen(callback: (message: string) => void): () => void {
    this.#callbacks.add(callback);
    return () => this.#callbacks.delete(callback);
  }
  bring(message: string): void {
    for (const callback of this.#callbacks) callback(message);
  }
}

let channel: Channel;
let feed: SharedFeed;

beforeEach(async () => {
  written = [change(1), change(2)];
  isAway = false;
  told = [];
  timers = new ManualTimers();
  channel = new Channel();
  feed = new SharedFeed({ channel, timers });
  feed.subscribe((one) => told.push(one));
  await feed.follow(changes);
});

/** Lets promises go on that wait for nothing. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it("tells of a change of its own before it is answered, and calls the others", async () => {
  await feed.publish(write(3));
  expect(told).toEqual([change(3)]);
  expect(channel.sent.map((text) => JSON.parse(text) as unknown)).toEqual([change(3)]);
});

it("tells of others' changes when their call comes", async () => {
  channel.bring(JSON.stringify(write(3)));
  await settled();
  expect(told).toEqual([change(3)]);
});

it("finds what it was not called for", async () => {
  write(3);
  write(4);
  timers.advance(lookEveryMs);
  await settled();
  expect(told.map(({ version }) => version)).toEqual([3, 4]);
  write(5);
  timers.advance(lookEveryMs);
  await settled();
  expect(told.map(({ version }) => version)).toEqual([3, 4, 5]);
});

it("tells each change once, in order, however calls come", async () => {
  const [three, four, five] = [write(3), write(4), write(5)];
  for (const one of [five, three, four, five]) channel.bring(JSON.stringify(one));
  await settled();
  timers.advance(lookEveryMs);
  await settled();
  expect(told).toEqual([three, four, five]);
});

it("tells of a change whose call came although the database is away, and of what was before it later", async () => {
  isAway = true;
  channel.bring(JSON.stringify(change(4)));
  await settled();
  expect(told).toEqual([change(4)]);
  timers.advance(lookEveryMs);
  await settled();
  isAway = false;
  for (const version of [3, 4, 5]) write(version);
  timers.advance(lookEveryMs);
  await settled();
  expect(told).toEqual([change(4), change(3), change(4), change(5)]);
});

it.each(["", "null", "{", "[]", '{"version": "3", "records": []}', '{"version": 3}'])(
  "passes over a call that is none: %s",
  async (message) => {
    channel.bring(message);
    await settled();
    expect(told).toEqual([]);
  },
);

it("has nothing more to tell once it is closed", async () => {
  feed.close();
  write(3);
  channel.bring(JSON.stringify(change(3)));
  timers.advance(10 * lookEveryMs);
  await settled();
  expect(told).toEqual([]);
});
