/** Time that stands still until a test moves it. It begins with a bucket of a minute's window. */
export class HeldTime {
  nowMs = 253 * 7_000_000_000;

  pass(milliseconds: number): void {
    this.nowMs += milliseconds;
  }
}
