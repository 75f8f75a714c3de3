/**
 * What a drill that is held against the bill does when it is run.
 *
 * @template Options, Result
 * @param {object} drill
 * @param {(options: Options) => Promise<Result>} drill.drill
 * @param {(result: Result) => string[]} drill.differencesOf
 * @param {(options: Options, result: Result, differences: string[]) => string[]} drill.report lines
 * @returns {(options: Options) => Promise<boolean>} whether nothing differs from what it has to be
 */
export function shown({ drill, differencesOf, report }) {
  return async (options) => {
    const result = await drill(options);
    const differences = differencesOf(result);
    console.log(report(options, result, differences).join("\n"));
    return differences.length === 0;
  };
}
