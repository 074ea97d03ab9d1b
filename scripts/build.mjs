// Builds dist/: generated files first, then TypeScript, then what tsc leaves behind. `--clean` empties dist/ before.
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const run = (command, ...args) => {
  const { status } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
};

run(process.execPath, "scripts/generate.mjs");
if (process.argv.includes("--clean")) rmSync(join(root, "dist"), { recursive: true, force: true });
run(process.execPath, "node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json");

/** Files below a folder that tsc does not write: generated JavaScript, its types, and the JSON Schemas. */
function* left(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* left(path);
    else if (/\.generated\.(js|d\.ts|json)$/.test(name)) yield path;
  }
}
for (const folder of ["compiler", "passes", "targets", "runtime"]) {
  for (const path of left(join(root, folder))) {
    const to = join(root, "dist", relative(root, path));
    mkdirSync(dirname(to), { recursive: true });
    copyFileSync(path, to);
  }
}
chmodSync(join(root, "dist/cli/main.js"), 0o755);
