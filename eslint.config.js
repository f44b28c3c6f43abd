// What `make check` asks of the scripts in assets/, which run in a browser, and of their tests, which run in Node.
import js from "@eslint/js";
import globals from "globals";

export default [
  js.configs.recommended,
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  { rules: { eqeqeq: "error", "no-var": "error", "prefer-const": "error" } },
  { files: ["assets/shell/shell.js", "assets/page/*.js"], languageOptions: { globals: globals.browser } },
  { files: ["assets/run/*.js"], languageOptions: { globals: globals.worker } },
  { files: ["tests/page/*.js"], languageOptions: { globals: globals.node } },
];
