// Copies the libraries that the pages use out of node_modules into static/vendor. With
// --check it writes nothing and fails if a copy differs.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const from = (path) => readFileSync(join(here, "node_modules", path), "utf8");
const version = (name) => JSON.parse(from(`${name}/package.json`)).version;

// A browser finds modules by their URL only, and without the maps of their sources.
const module = (path) => from(path).replaceAll('from"preact"', 'from"./preact.js"').replace(/\n?\/\/# sourceMappingURL=.*\n?$/, "\n");

const files = {
  "preact.js": module("preact/dist/preact.mjs"),
  "hooks.js": module("preact/hooks/dist/hooks.mjs"),
  "htm.js": module("htm/dist/htm.mjs"),
  "LICENSES.txt": `preact.js and hooks.js: preact ${version("preact")}, https://www.npmjs.com/package/preact\n\n${from("preact/LICENSE")}\n` +
    `htm.js: htm ${version("htm")}, https://www.npmjs.com/package/htm\n\n${from("htm/LICENSE")}`,
};

const target = join(here, "../static/vendor");
const check = process.argv.includes("--check");
if (!check) mkdirSync(target, { recursive: true });
for (const [name, text] of Object.entries(files)) {
  const path = join(target, name);
  if (!check) {
    writeFileSync(path, text);
  } else if (readFileSync(path, "utf8") !== text) {
    console.error(`${path} is not what npm has: run "npm run vendor" in ${here}`);
    process.exitCode = 1;
  }
}
