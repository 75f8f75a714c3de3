/** How every drill runs: what is compiled, its command line, its exit code, and the processes that end with it. */
import { setUp } from "./setup.mjs";

/**
 * @template Options
 * @typedef {object} Drill
 * @property {string} help
 * @property {(args: string[]) => Options | undefined} parseOptions undefined: help is asked for; throws an Error that says
 *   what is wrong with the command line
 * @property {(options: Options) => Promise<boolean>} run whether it has shown what it promises
 */

/**
 * Sets up, and runs what `load` gives: exit code 0, 1 if it was not shown, 2 for a wrong command line.
 *
 * @template Options
 * @param {() => Promise<Drill<Options>>} load called once everything is compiled, so that it may import that
 */
export async function runDrill(load) {
  setUp();
  const { help, parseOptions, run } = await load();
  let options;
  try {
    options = parseOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error.message}\n\n${help}`);
    process.exitCode = 2;
    return;
  }
  if (options === undefined) console.log(help);
  else process.exitCode = (await endingAll(() => run(options))) ? 0 : 1;
}

/**
 * However `run` ends, by a signal too, all processes end that were started meanwhile.
 *
 * @template Result
 * @param {() => Promise<Result>} run
 */
export async function endingAll(run) {
  const { stopAll } = await import("../packages/proxy/dist/system/running-process.js");
  for (const [signal, code] of Object.entries({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 })) {
    process.once(signal, () => void stopAll().then(() => process.exit(code)));
  }
  try {
    return await run();
  } finally {
    await stopAll();
  }
}
