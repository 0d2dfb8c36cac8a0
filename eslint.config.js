import js from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import globals from "globals";
import tseslint from "typescript-eslint";

export default defineConfig(
  globalIgnores(["**/node_modules/", "dist/", "coverage/", ".stryker-tmp/"]),
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  js.configs.recommended,
  { files: ["**/*.{js,mjs,cjs}"], languageOptions: { globals: globals.nodeBuiltin } },
  { files: ["**/*.cjs"], languageOptions: { sourceType: "commonjs", globals: globals.node } },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    // The peers that benchmarks import are installed in bench/ alone.
    ignores: ["bench/**"],
    languageOptions: { parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-import-type-side-effects": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true }],
      eqeqeq: "error",

      // Numbers, booleans and nothing say something in a message; an object does not.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true, allowNullish: true }],
      "@typescript-eslint/restrict-plus-operands": ["error", { allowNumberAndString: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true }],
      "@typescript-eslint/no-empty-function": ["error", { allow: ["arrowFunctions", "methods"] }],
      "@typescript-eslint/no-extraneous-class": ["error", { allowStaticOnly: true }],
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { arguments: false, inheritedMethods: false } }],

      // An error is spread for its own properties.
      "@typescript-eslint/no-misused-spread": ["error", { allow: [{ from: "lib", name: "Error" }] }],

      // An exit reason may be any value, thrown or rejected with.
      "@typescript-eslint/only-throw-error": "off",
      "@typescript-eslint/prefer-promise-reject-errors": "off",
      // Callers without types exist, and what they hand in is checked.
      "@typescript-eslint/no-unnecessary-condition": "off",
      // `async` also says that what is thrown arrives as a rejection.
      "@typescript-eslint/require-await": "off",
      // Finds some needed ones, in members of tuples, and its fix does not compile.
      "@typescript-eslint/no-unnecessary-type-assertion": "off",
      // A getter on the prototype costs an object nothing, and there are millions of tasks.
      "@typescript-eslint/class-literal-property-style": "off",
      // The engine knows the class behind the interface that users see, and asserts it.
      "@typescript-eslint/no-unsafe-class-instance-assignment": "off",
      // Would have `!` where no-non-null-assertion forbids it.
      "@typescript-eslint/non-nullable-type-assertion-style": "off",
      // Two overloads are often easier to read, and to document, than one with an optional parameter.
      "@typescript-eslint/unified-signatures": "off",
      // Say more, not less: an explicit type argument, a type parameter that names what comes back, a handler that may answer nothing.
      "@typescript-eslint/no-unnecessary-type-arguments": "off",
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      "@typescript-eslint/no-invalid-void-type": "off",
    },
  },
  {
    files: ["src/**/*.ts"],
    rules: {
      "max-lines": ["error", 400],
      // Standard output belongs to the program. A crash that nobody handles goes to standard error.
      "no-console": ["error", { allow: ["error"] }],
    },
  },
  {
    files: ["test/**/*.ts", "examples/**/*.ts"],
    rules: {
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-confusing-void-expression": "off",
      "@typescript-eslint/no-empty-function": "off",
      "@typescript-eslint/unbound-method": "off",
      // Matchers and what is read back from JSON are `any`.
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-return": "off",
    },
  },
);
