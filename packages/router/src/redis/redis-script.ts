import { createHash } from "node:crypto";

/** A program that Redis runs as one step. Its first key decides where in a cluster it runs. */
export class RedisScript {
  readonly sha: string;

  constructor(readonly lua: string) {
    this.sha = createHash("sha1").update(lua).digest("hex");
  }
}

/** The few commands of a client that running a script takes. */
interface ScriptRunner {
  evalsha(sha: string, keys: number, ...keysAndArguments: string[]): Promise<unknown>;
  eval(lua: string, keys: number, ...keysAndArguments: string[]): Promise<unknown>;
}

/**
 * Runs scripts by their digest, and as a whole where Redis does not know it, or a proxy, or a rule of access, does not let
 * digests through.
 */
export class ScriptCaller {
  #digestsAreRefused = false;

  async run(
    client: ScriptRunner,
    script: RedisScript,
    key: string,
    args: readonly string[],
  ): Promise<unknown> {
    if (this.#digestsAreRefused) return client.eval(script.lua, 1, key, ...args);
    try {
      return await client.evalsha(script.sha, 1, key, ...args);
    } catch (error) {
      const message = error instanceof Error ? error.message : "";
      const isUnknown = message.includes("NOSCRIPT");
      if (!isUnknown && !refusal.test(message)) throw error;
      const answer = await client.eval(script.lua, 1, key, ...args);
      // Only now is it known that it was the digest.
      if (!isUnknown) this.#digestsAreRefused = true;
      return answer;
    }
  }
}

/** How Redis' rules of access, managed services and proxies say that they do not take a command. */
const refusal =
  /NOPERM|unknown command|not allowed|not permitted|not support|unsupported|disabled|forbidden/i;
