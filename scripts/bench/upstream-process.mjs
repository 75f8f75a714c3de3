/** The fake upstream, seen from the benchmark: started, told what to expect, asked what it has seen. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { childEnvironment, endProgram, track } from "./processes.mjs";

const program = fileURLToPath(new URL("./upstream.mjs", import.meta.url));

export async function startUpstream() {
  const child = track(fork(program, [], { env: childEnvironment() }));
  const [{ port }] = await once(child, "message");
  const ask = async (message) => {
    const answered = once(child, "message");
    child.send(message);
    const [{ counts }] = await answered;
    return counts;
  };
  return {
    port,
    pid: child.pid,
    /** Sets what is expected and answered from now on, and counts anew. */
    configure: (settings) => ask({ configure: settings }),
    /** @returns {Promise<{ uploads: number, wrong: number, firstFault?: string }>} since the last `configure` */
    counts: () => ask({}),
    end: () => endProgram(child),
  };
}
