/** The benchmark holds the other end of standard input: when that closes, nobody is there any more to end this process. */
export function endWithParent() {
  process.stdin.once("end", () => process.exit()).resume();
}
