import type { CliCommand } from "./command.ts";

/** A sub-command before its file is loaded: loading only the one that is asked for keeps xbc quick to start. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<{ readonly default: CliCommand }>;
}

/** Every sub-command, in the order of its use. The summaries equal those of the files; a test compares them. */
export const commands: readonly CommandEntry[] = [
  {
    name: "compile",
    summary: "Compile an ONNX model to a programming image",
    load: () => import("./compile.ts"),
  },
  { name: "run", summary: "Run a programming image on inputs", load: () => import("./run.ts") },
  {
    name: "evaluate",
    summary: "Measure the accuracy of a programming image under noise",
    load: () => import("./evaluate.ts"),
  },
  {
    name: "inspect",
    summary: "Show what a model or a programming image holds",
    load: () => import("./inspect.ts"),
  },
  {
    name: "locate",
    summary: "Find the cells of a weight, or the weight of a cell",
    load: () => import("./locate.ts"),
  },
  {
    name: "verify",
    summary: "Check a programming image, and its answers against an independent executor",
    load: () => import("./verify.ts"),
  },
  {
    name: "program",
    summary: "Simulate programming an image on a drawn die: iterations, time, energy, yield",
    load: () => import("./program.ts"),
  },
  {
    name: "diff",
    summary: "List the cells and pulses that lead from one image to another",
    load: () => import("./diff.ts"),
  },
  {
    name: "export",
    summary: "Write an image's cells, pulses or quantized network in another format",
    load: () => import("./export.ts"),
  },
  {
    name: "targets",
    summary: "List targets, or show a target's technology with units and sources",
    load: () => import("./targets.ts"),
  },
  {
    name: "characterize",
    summary: "Hold a target's device model against the claims of its papers",
    load: () => import("./characterize.ts"),
  },
  {
    name: "solve",
    summary: "Solve a bit line or a crossbar with the resistance of its wires",
    load: () => import("./solve.ts"),
  },
  {
    name: "explore",
    summary: "Sweep technology parameters: banks, error rates, parallelism, time, energy, area",
    load: () => import("./explore.ts"),
  },
];
