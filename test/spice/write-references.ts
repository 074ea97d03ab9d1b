/**
 * Writes each case's netlists and what ngspice answers:
 *   node --import ./test/bench/typescript.mjs test/spice/write-references.ts
 */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { spiceCases } from "./cases.ts";
import { netlistsOf } from "./netlist.ts";
import { ngspice, ngspiceVersion } from "./ngspice.ts";

for (const { name, problem } of spiceCases) {
  const folder = join(import.meta.dirname, name);
  mkdirSync(folder, { recursive: true });
  const netlists = netlistsOf(problem);
  const reference = netlists.map(({ text }, k) => {
    const file = `circuit${k}.cir`;
    writeFileSync(join(folder, file), text);
    return {
      netlist: file,
      sha256: createHash("sha256").update(text).digest("hex"),
      values: ngspice(text),
    };
  });
  const document = { simulator: ngspiceVersion(), tolerance: 1e-8, problem, reference };
  writeFileSync(join(folder, "reference.json"), `${JSON.stringify(document)}\n`);
}
