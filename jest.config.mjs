import { existsSync, readdirSync } from "node:fs";

const packages = readdirSync("packages").filter((name) => existsSync(`packages/${name}/src`));

/** One project a package; tests read the TypeScript of every package, so they need no build of it. */
export default {
  // Tests of the whole system start processes, which takes seconds on a busy machine; none waits for a time by itself.
  // It stands here since Jest does not heed a project's own.
  testTimeout: 30_000,
  projects: packages.map((name) => ({
    displayName: name,
    rootDir: `packages/${name}`,
    testMatch: ["<rootDir>/src/**/*.test.ts"],
    testEnvironment: "node",
    extensionsToTreatAsEsm: [".ts"],
    moduleNameMapper: {
      "^(\\.{1,2}/.*)\\.js$": "$1",
      "^@darkroom/([^/]+)$": "<rootDir>/../$1/src/index.ts",
    },
    transform: {
      "^.+\\.ts$": [
        "@swc/jest",
        {
          jsc: { target: "es2022", parser: { syntax: "typescript" } },
          module: { type: "es6" },
          sourceMaps: true,
        },
      ],
    },
  })),
};
