// Lets Node 20 import TypeScript, for benchmarks: node --import ./test/bench/typescript.mjs FILE.ts
import { register } from "node:module";

register(
  `data:text/javascript,${encodeURIComponent(`
    import { readFile } from "node:fs/promises";
    import { fileURLToPath } from "node:url";
    import { createRequire } from "node:module";
    const ts = createRequire(${JSON.stringify(import.meta.url)})("typescript");
    const compilerOptions = {
      target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true,
    };
    export async function load(url, context, next) {
      if (!url.startsWith("file:") || !url.endsWith(".ts")) return next(url, context);
      const text = await readFile(fileURLToPath(url), "utf8");
      const source = ts.transpileModule(text, { compilerOptions }).outputText;
      return { format: "module", source, shortCircuit: true };
    }
  `)}`,
);
