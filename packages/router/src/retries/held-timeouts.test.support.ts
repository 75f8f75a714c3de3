const { jest } = import.meta;

/**
 * From now on timeouts ring when the test says so, and never because the machine was slow. Sockets, turns and clocks go on.
 * The file that asks for it gives them back: `afterEach(() => jest.useRealTimers())`.
 * @returns lets so many milliseconds pass for them
 */
export function holdTimeouts(): (milliseconds: number) => void {
  jest.useFakeTimers({
    doNotFake: [
      ...(["Date", "hrtime", "performance", "nextTick", "queueMicrotask"] as const),
      ...(["setImmediate", "clearImmediate", "setInterval", "clearInterval"] as const),
    ],
  });
  return (milliseconds) => jest.advanceTimersByTime(milliseconds);
}
