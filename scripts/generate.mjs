// Makes every git-ignored `*.generated.*` file: the ONNX codec, the WebAssembly kernels, the schema
// validators, and one list per folder in which adding a file is all that adding a thing takes.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** folder, exported name, type and where the type comes from */
const lists = [
  ["compiler/operators", "operators", "Operator", "../define.ts"],
  ["passes", "passes", "Pass", "../compiler/define.ts"],
  ["targets", "targets", "Target", "../compiler/define.ts"],
  ["targets/encodings", "encodings", "Encoding", "../../compiler/define.ts"],
  ["runtime/noise", "noiseModels", "NoiseModel", "../../compiler/define.ts"],
  ["runtime/circuit", "circuits", "CircuitKind", "./problem.ts"],
];

const writeIfChanged = (path, text) => {
  if (existsSync(path) && readFileSync(path, "utf8") === text) return;
  writeFileSync(path, text);
};

for (const [folder, exported, type, from] of lists) {
  const files = readdirSync(join(root, folder))
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".generated.ts"))
    .filter((file) =>
      /^export default define/m.test(readFileSync(join(root, folder, file), "utf8")),
    )
    .sort();
  const name = (file) => `_${file.slice(0, -3).replace(/[^a-z0-9]/gi, "_")}`;
  const text = [
    "// Made by scripts/generate.mjs from the files of this folder.",
    `import type { ${type} } from "${from}";`,
    ...files.map((file) => `import ${name(file)} from "./${file}";`),
    "",
    `export const ${exported}: readonly ${type}[] = [${files.map(name).join(", ")}];`,
    "",
  ].join("\n");
  if (files.length > 0) writeIfChanged(join(root, folder, "all.generated.ts"), text);
}

for (const script of ["generate-codec.mjs", "generate-schema.mjs", "generate-kernels.mjs"]) {
  const path = join(root, "scripts", script);
  if (!existsSync(path)) continue;
  const result = spawnSync(process.execPath, [path], { cwd: root, stdio: "inherit" });
  if (result.status !== 0) process.exit(result.status ?? 1);
}
