// Makes runtime/kernels/wasm.generated.ts: the kernels compiled by AssemblyScript, twice: for shared
// memory, and for memory of one thread where a page may not share it. Skipped when nothing changed.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { popcountSource } from "../runtime/kernels/assembly/popcount.source.mjs";

const here = fileURLToPath(import.meta.url);
const root = join(dirname(here), "..");
const folder = join(root, "runtime/kernels/assembly");
const target = join(root, "runtime/kernels/wasm.generated.ts");

const isSource = (file) => file.endsWith(".ts") && !file.endsWith(".generated.ts");
const sources = new Map(
  readdirSync(folder)
    .filter(isSource)
    .sort()
    .map((file) => [file, readFileSync(join(folder, file), "utf8")]),
).set("popcount.generated.ts", popcountSource());

const { version } = JSON.parse(
  readFileSync(join(root, "node_modules/assemblyscript/package.json"), "utf8"),
);

const hash = createHash("sha256").update(version).update(readFileSync(here));
for (const [file, text] of sources) hash.update(file).update(text);
const stamp = `// Made by scripts/generate-kernels.mjs with assemblyscript ${version} from ${hash.digest("hex")}`;

const isCurrent = existsSync(target) && readFileSync(target, "utf8").startsWith(stamp);

/** Compiles the sources, from memory to memory. */
async function compile(features) {
  const { default: asc } = await import("assemblyscript/asc");
  let wasm = null;
  const { error, stderr } = await asc.main(
    [
      "execute.ts",
      "--outFile=out.wasm",
      "-O3",
      "--disableWarning=201",
      "--runtime=stub",
      "--noAssert",
      "--importMemory",
      "--initialMemory=1",
      "--maximumMemory=65536",
      "--use=abort=",
      ...features,
    ],
    {
      readFile: (name) => sources.get(name) ?? null,
      writeFile: (name, data) => {
        if (name === "out.wasm") wasm = data;
      },
      listFiles: () => [],
    },
  );
  if (error !== null || wasm === null) throw new Error(`the kernels do not compile:\n${stderr}`);
  return wasm;
}

if (!isCurrent) {
  const shared = await compile(["--sharedMemory", "--enable=simd,threads"]);
  const single = await compile(["--enable=simd"]);
  const base64 = (bytes) => Buffer.from(bytes).toString("base64");
  const text = [
    stamp,
    "/** WebAssembly over shared memory, base64. */",
    `export const sharedWasm =\n  "${base64(shared)}";`,
    "/** The same over memory of one thread. */",
    `export const singleWasm =\n  "${base64(single)}";`,
    "",
  ].join("\n");
  const made = `${target}.${process.pid}`;
  writeFileSync(made, text);
  renameSync(made, target);
}
