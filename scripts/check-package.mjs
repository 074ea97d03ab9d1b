// Packs the project, installs the tarball in an empty folder without dev dependencies, and uses it as a command
// and as a library: `npm run check:package`. It fails where something that runs imports what is not shipped.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const folder = mkdtempSync(join(tmpdir(), "xbc-package-"));
const home = join(folder, "user");

const fail = (what, found) => {
  console.error(`check-package: ${what}, found:\n${found}`);
  rmSync(folder, { recursive: true, force: true });
  process.exit(1);
};

function run(command, args, cwd = home) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status !== 0) fail(`needs "${command} ${args.join(" ")}" to succeed`, `${stdout}${stderr}`);
  return stdout;
}

// the package builds itself first; .npmrc keeps the scripts of dependencies from running
run("npm", ["pack", "--ignore-scripts=false", "--pack-destination", folder], root);
const [tarball] = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
mkdirSync(home);
writeFileSync(
  join(home, "package.json"),
  '{ "name": "user", "private": true, "type": "module" }\n',
);
run("npm", ["install", "--no-audit", "--no-fund", "--omit=optional", join(folder, tarball)]);

const installed = join(home, "node_modules/xbc");
const xbc = join(home, "node_modules/.bin/xbc");
const model = join(installed, "examples/mnist/binary.onnx");
copyFileSync(model, join(home, "model.onnx"));

run(xbc, ["--help"]);
run(xbc, ["compile", "model.onnx", "--target", "2t2r", "-o", "model.xbi"]);
const hash = run(xbc, ["inspect", "model.xbi", "--hash"]).trim();

writeFileSync(
  join(home, "use.mjs"),
  `import { readFileSync } from "node:fs";
import { compile, hashImage, run } from "xbc";
import technology from "xbc/schema/technology.json" with { type: "json" };
const image = await compile(readFileSync("model.onnx"), { name: "model.onnx", target: "2t2r" });
const x = { type: "uint8", shape: [2, 1, 28, 28], data: new Uint8Array(2 * 784) };
const { outputs } = await run(image, x);
console.log(JSON.stringify([await hashImage(image), outputs.get("logits").shape, technology.type]));
`,
);
const used = run(process.execPath, ["--no-warnings", "use.mjs"]).trim();
const expected = JSON.stringify([hash, [2, 10], "object"]);
if (used !== expected) fail(`needs the library to answer ${expected}`, used);

// the types that ship, as a strict project reads them; the compiler is ours
writeFileSync(
  join(home, "types.ts"),
  `import type { EvaluationReport, RunResult } from "xbc";
import { compile, evaluate, run } from "xbc";
const x = { type: "uint8", shape: [1], data: new Uint8Array(1) } as const;
const image = await compile(new Uint8Array(), { target: "2t2r" });
export const result: RunResult = await run(image, x);
export const report: EvaluationReport = await evaluate(image, { x, y: null });
// @ts-expect-error a target is named by a string or given as a technology
export const wrong = await compile(new Uint8Array(), { target: 2 });
`,
);
const options = { noEmit: true, strict: true, skipLibCheck: true, target: "es2022", types: [] };
const project = { compilerOptions: { ...options, module: "nodenext" }, files: ["types.ts"] };
writeFileSync(join(home, "tsconfig.json"), JSON.stringify(project));
run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", home]);

rmSync(folder, { recursive: true, force: true });
console.log(`${tarball}: installs, runs as a command and as a library, and its types resolve`);
