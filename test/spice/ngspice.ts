import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The version of ngspice that is installed, or null. */
export function ngspiceVersion(): string | null {
  const { status, stdout } = spawnSync("ngspice", ["--version"], { encoding: "utf8" });
  return status === 0 ? (/ngspice-[\w.]+/.exec(stdout)?.[0] ?? "ngspice") : null;
}

/** What ngspice prints for each probe of a netlist, in order. */
export function ngspice(netlist: string): readonly number[] {
  const folder = mkdtempSync(join(tmpdir(), "xbc-spice-"));
  try {
    const path = join(folder, "circuit.cir");
    writeFileSync(path, netlist);
    const { stdout, stderr } = spawnSync("ngspice", ["-b", path], {
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    const values = [...stdout.matchAll(/^\S+ = (\S+)\s*$/gm)].map(([, value]) => Number(value));
    if (values.length === 0) throw new Error(`ngspice printed no value:\n${stdout}\n${stderr}`);
    return values;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
