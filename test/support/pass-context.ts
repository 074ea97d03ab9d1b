import type { CompileOptions, PassContext } from "../../compiler/define.ts";
import type { Graph } from "../../compiler/ir/graph.ts";
import { defaultOptions, resolveTarget } from "../../index.ts";
import foldConstants from "../../passes/fold-constants.ts";
import inferShapes from "../../passes/infer-shapes.ts";
import target from "../../targets/2t2r.ts";
import { executor, graphOf, importBytes } from "./run-onnx.ts";

/** A context for one pass on pairs, and what the pass said. */
export function passContext(options: Partial<CompileOptions> = {}): {
  readonly context: PassContext;
  readonly warnings: readonly string[];
  readonly assumptions: readonly string[];
} {
  const warnings: string[] = [];
  const assumptions: string[] = [];
  const context: PassContext = {
    target: resolveTarget(target.technology),
    executor,
    options: { ...defaultOptions, ...options },
    warn: (message) => warnings.push(message),
    assume: (message) => assumptions.push(message),
    progress: () => {},
  };
  return { context, warnings, assumptions };
}

/** A model as the passes after the import see it: shapes known, constants folded. */
export async function preparedGraph(model: Uint8Array): Promise<Graph> {
  const { context } = passContext();
  const inferred = await inferShapes.run(importBytes(model), context);
  return graphOf(await foldConstants.run(inferred, context));
}
