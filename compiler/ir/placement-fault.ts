import type { LayerPlacement } from "./mapping.ts";
import { blocksOf, isIndex, weightsPerWordLine } from "./placement.ts";
import { replicasOf } from "./replicas.ts";

/** weights of all copies of a matrix: a run numbers them in 32 bits */
export const mostReplicated = 2 ** 31 - 1;

/**
 * What must hold of a placement before its arithmetic means anything: a sentence that says what does not, or null.
 * One block is at most what a bank holds, and there are as many banks as blocks in each copy.
 */
export function placementFault(placement: LayerPlacement): string | null {
  const { configuration, inputs, outputs, banks, bankWordLines, bankBitLines } = placement;
  const { tileInputs, tileOutputs } = placement;
  const { segmentWordLines, alwaysOn } = placement;
  const replicas = replicasOf(placement);
  const sizes = { inputs, outputs, banks, bankWordLines, bankBitLines, tileInputs, tileOutputs };
  const counts = { ...sizes, segmentWordLines, replicas };
  for (const [name, value] of Object.entries(counts)) {
    if (!Number.isSafeInteger(value) || value < 1)
      return `${name} must be a positive integer, found ${value}`;
  }
  if (!Number.isSafeInteger(alwaysOn) || alwaysOn < 0 || alwaysOn >= inputs)
    return `alwaysOn must be below ${inputs}, found ${alwaysOn}`;
  const perLine = weightsPerWordLine(placement);
  const [mostInputs, mostOutputs] = mostOf(configuration, perLine, bankWordLines);
  if (tileInputs > mostInputs) return `tileInputs is at most ${mostInputs}, found ${tileInputs}`;
  if (tileOutputs > mostOutputs)
    return `tileOutputs is at most ${mostOutputs}, found ${tileOutputs}`;
  if (configuration === "sequential-to-parallel" && tileInputs !== mostInputs) {
    return `tileInputs of sequential-to-parallel is ${mostInputs}, found ${tileInputs}`;
  }
  const blocks = blocksOf(placement);
  if (replicas > 1 && replicas * inputs * outputs > mostReplicated)
    return `replicas hold at most ${mostReplicated} weights, found ${replicas} of ${inputs * outputs}`;
  const needed = blocks.inputs * blocks.outputs * replicas;
  if (banks !== needed) return `banks must be ${needed}, found ${banks}`;
  return slotsFault(placement, blocks.outputs * tileOutputs) ?? linesFault(placement);
}

/** Each input takes a place of its own along word lines; always-on ones stay behind the others. */
function linesFault({ lines, inputs, alwaysOn, configuration }: LayerPlacement): string | null {
  if (!lines) return null;
  if (configuration !== "gated") return "lines of inputs must run on word lines";
  if (lines.length !== inputs) return `lines must be ${inputs}, found ${lines.length}`;
  const wrong = lines.find((line) => !isIndex(line, inputs));
  if (wrong !== undefined) return `lines must be below ${inputs}, found ${wrong}`;
  if (new Set(lines).size !== inputs) return "lines must differ";
  const free = inputs - alwaysOn;
  const moved = lines.findIndex((line, input) => input >= free && line !== input);
  return moved < 0 ? null : `always-on inputs must stay last, found ${lines[moved]} for ${moved}`;
}

/** Each output takes a place of its own among those of the layer's banks; on bit lines, among those of its array. */
function slotsFault(
  { slots, outputs, configuration, tileOutputs }: LayerPlacement,
  places: number,
): string | null {
  if (!slots) return null;
  if (slots.length !== outputs) return `slots must be ${outputs}, found ${slots.length}`;
  const wrong = slots.find((slot) => !isIndex(slot, places));
  if (wrong !== undefined) return `slots must be below ${places}, found ${wrong}`;
  const block = (place: number) => Math.floor(place / tileOutputs);
  const away = slots.findIndex((slot, output) => block(slot) !== block(output));
  if (configuration === "gated" && away >= 0)
    return `slots of outputs on bit lines must stay in their array, found ${slots[away]} for output ${away}`;
  return new Set(slots).size === outputs ? null : "slots must differ";
}

function mostOf(
  configuration: LayerPlacement["configuration"],
  perLine: number,
  wordLines: number,
): readonly [inputs: number, outputs: number] {
  switch (configuration) {
    case "parallel-to-sequential":
      return [perLine, wordLines];
    case "sequential-to-parallel":
      return [perLine * wordLines, 1];
    case "gated":
      return [wordLines, perLine];
  }
}
