import { describe, expect, test } from "vitest";
import { exportOnnx } from "../../compiler/image/export-onnx.ts";
import { importGraph } from "../../compiler/onnx/import.ts";
import { parseOnnx } from "../../compiler/onnx/parse.ts";
import { applySettings, compile, run, targetNamed } from "../../index.ts";
import { trialCodes } from "../../runtime/trial-codes.ts";
import { smallInputs, smallModel } from "../cli/small-model.ts";
import { runGraph } from "../support/run-onnx.ts";

// the weakest programming that the laws know: some pairs of 180 stand the wrong way round
const weak = ["setCurrent=20uA", "resetVoltage=1.5V", "resetPulse=100ns"];
const target = applySettings(targetNamed("2t2r").technology, weak);
const image = await compile(smallModel(), { target });
const noise = ["programming"];
const input = image.inputs[0].name;

async function answered(codes: Awaited<ReturnType<typeof trialCodes>>["codes"]) {
  const graph = importGraph(parseOnnx(await exportOnnx(image, codes)));
  const answer = await runGraph(graph, { [input]: smallInputs() });
  return [...(answer.get("y")?.data ?? [])].map(Number);
}

describe("the network of one drawn device", () => {
  test("answers as the runtime does in that trial, where no read draws anew", async () => {
    let errors = 0;
    for (let trial = 0; trial < 4; trial++) {
      const { codes, changed, marginal } = await trialCodes(image, { noise, trial, seed: 2 });
      expect(marginal).toBe(0);
      errors += changed;
      const ran = await run(image, smallInputs(), { noise, trial, seed: 2 });
      expect(await answered(codes)).toEqual([...(ran.outputs.get("y")?.data ?? [])].map(Number));
      expect(ran.counts.changedWeights).toBe(changed);
    }
    expect(errors).toBeGreaterThan(0);
  });

  test("without noise it is the network itself; drawn reads are counted", async () => {
    const { codes, changed } = await trialCodes(image, { noise: "none" });
    expect(changed).toBe(0);
    const ran = await run(image, smallInputs());
    expect(await answered(codes)).toEqual([...(ran.outputs.get("y")?.data ?? [])].map(Number));
    const all = await trialCodes(image, { seed: 2 });
    const drawn = await run(image, smallInputs(), { noise: "all", seed: 2 });
    expect(all.marginal).toBe(drawn.counts.marginalWeights);
    expect(all.marginal).toBeGreaterThan(0);
  });
});
