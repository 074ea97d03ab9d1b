import type { ProgrammingImage } from "../compiler/ir/image.ts";
import { clockOf } from "../compiler/layer-costs.ts";
import type { LayerActivity } from "./activity.ts";
import { timingOf } from "./report/cost-model.ts";
import { conversionEnergyOf, energyPerInput, readEnergyOf } from "./report/read-energy.ts";
import type { EvaluationReport } from "./report/report.ts";

/**
 * Energy and time of one inference. Where a word line without an input is not read (costs by current), they follow
 * the presentations that were counted; else reads happen as scheduled, masked ones included and counted apart (H13).
 */
export async function measuredCosts(
  image: ProgrammingImage,
  activity: readonly LayerActivity[],
): Promise<Pick<EvaluationReport, "energy" | "interval_s" | "latency_s">> {
  const presented = activity.map(({ layer, inputs, reads }) => {
    const perInference = sum(reads);
    return { layer, inputs, perInference, perInput: perInference / inputs };
  });
  const byCurrent = image.costModel.read.kind === "by-current";
  return {
    energy: {
      perInference_J: byCurrent ? await energyOfReads(image, activity) : await readEnergyOf(image),
      synapsesRead: byCurrent
        ? sum(activity.map(({ reads, outputs }) => sum(reads) * outputs))
        : image.costs.reduce((total, layer) => total + layer.synapsesRead, 0),
      maskedAreRead: !byCurrent,
      synapsesMasked: activity.reduce((total, layer) => total + layer.masked * layer.outputs, 0),
      presented,
      presentedPerInput:
        sum(presented.map((layer) => layer.perInference)) /
        sum(presented.map((layer) => layer.inputs)),
    },
    ...(byCurrent && image.technology.array.activeWordLines === 1
      ? timeOfReads(image, activity)
      : scheduledTime(image)),
  };
}

const sum = (values: Iterable<number>): number => {
  let total = 0;
  for (const value of values) total += value;
  return total;
};

async function energyOfReads(
  image: ProgrammingImage,
  activity: readonly LayerActivity[],
): Promise<number> {
  let total = conversionEnergyOf(image);
  for (const [index, { reads }] of activity.entries()) {
    const energies = await energyPerInput(image, index);
    reads.forEach((count, input) => {
      total += count * energies[input];
    });
  }
  return total;
}

function scheduledTime(image: ProgrammingImage) {
  const { interval_s, latency_s } = timingOf(image);
  return { interval_s, latency_s };
}

function timeOfReads(image: ProgrammingImage, activity: readonly LayerActivity[]) {
  const { costModel, placements, costs } = image;
  const times = activity.map(
    ({ clocks }, index) => (clocks ?? costs[index].clocks) * clockOf(placements[index], costModel),
  );
  const pipeline = placements.length * costModel.pipelineClocks * costModel.clock_s;
  return { interval_s: Math.max(0, ...times), latency_s: sum(times) + pipeline };
}
