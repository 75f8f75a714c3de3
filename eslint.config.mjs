import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

const nodeGlobals = [
  "AbortSignal",
  "Blob",
  "Buffer",
  "FormData",
  "URL",
  "clearTimeout",
  "console",
  "fetch",
  "performance",
  "process",
  "setTimeout",
];

export default defineConfig([
  { ignores: ["**/dist/", "**/coverage/", "data/"] },
  {
    files: ["packages/*/src/**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { requireDefaultForNonUnion: true }],
      // Money and counts are written into messages as they are; what is refused is an object or a maybe-undefined.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // `() => close()` as a callback and `if (done) return next();` as a guard read better than bodies of braces.
      "@typescript-eslint/no-confusing-void-expression": "off",
      // `_next` is there because a signature demands it; `{ model, ...rest }` because the rest is wanted without it.
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true },
      ],
      // An aborted signal's reason is thrown on as it is, and its type is any.
      "@typescript-eslint/prefer-promise-reject-errors": [
        "error",
        { allowThrowingAny: true, allowThrowingUnknown: true },
      ],
      "@typescript-eslint/only-throw-error": [
        "error",
        { allowThrowingAny: true, allowThrowingUnknown: true },
      ],
    },
  },
  {
    files: [
      "packages/*/src/**/*.test.ts",
      "packages/*/src/**/*.test.support.ts",
      "packages/proxy/src/system/**",
    ],
    rules: {
      // What `expect.any` and its like return stands for a value of any type.
      "@typescript-eslint/no-unsafe-assignment": "off",
      // `expect(object.method)` takes a method unbound on purpose.
      "@typescript-eslint/unbound-method": "off",
      // A test asserts what it knows; were it wrong, the test would fail right there.
      "@typescript-eslint/no-non-null-assertion": "off",
      // Node and its types each declare a File; they are the same.
      "@typescript-eslint/no-unsafe-class-instance-assignment": "off",
      // `formData()` is not for servers, says its note; as a second parser to hold ours against it is just right.
      "@typescript-eslint/no-deprecated": "off",
      // Stand-ins for asynchronous functions need not wait for anything.
      "@typescript-eslint/require-await": "off",
    },
  },
  {
    // Scripts are not compiled, so a misspelt name would show only when its line runs.
    files: ["**/*.mjs"],
    languageOptions: { globals: Object.fromEntries(nodeGlobals.map((name) => [name, "readonly"])) },
    rules: {
      "no-undef": "error",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "no-var": "error",
      "prefer-const": "error",
    },
  },
]);
