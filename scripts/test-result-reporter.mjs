import { writeFileSync } from "node:fs";

/** Leaves jest's own count in the file that TEST_RESULT_FILE names, for the closing line of scripts/test.mjs. */
export default class TestResultReporter {
  onRunComplete(_contexts, results) {
    const counts = {
      passed: results.numPassedTests,
      // A file that cannot be loaded has no tests to fail, yet nothing of it was tested.
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
    };
    writeFileSync(process.env.TEST_RESULT_FILE, JSON.stringify(counts));
  }
}
