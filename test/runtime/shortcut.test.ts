import fc from "fast-check";
import { expect, test } from "vitest";
import { bitErrors } from "../../runtime/evaluate.ts";
import { chainOf } from "../../runtime/noise-chain.ts";
import { openSession } from "../../runtime/session.ts";
import { compileTo2t2r } from "../support/compile.ts";
import { drawnNetwork, networkDraws } from "../support/networks.ts";
import { noiseOf } from "../support/pair-bank.ts";
import { executor } from "../support/run-onnx.ts";

const { programming, cycling, sense } = noiseOf("h6");
const weak = chainOf(
  Object.entries({ programming, cycling, sense }).map(([model, parameters]) => ({
    model,
    parameters,
  })),
  "all",
);
const chains = {
  weak,
  few: bitErrors({ ber: 0.002 }),
  some: bitErrors({ ber: 0.02 }),
  many: bitErrors({ ber: 0.3 }),
};
const SAMPLES = 41;

test("looking only at what faults change gives the very outputs of the full run", () =>
  fc.assert(
    fc.asyncProperty(
      networkDraws,
      fc.constantFrom("weak" as const, "few" as const, "some" as const, "many" as const),
      fc.constantFrom(7, 16, SAMPLES),
      fc.nat(1e6),
      async (draw, name, batch, seed) => {
        const network = drawnNetwork(draw);
        const { model, inputTransform, inputEncoding } = network;
        const image = await compileTo2t2r(model, { inputTransform, inputEncoding });
        const session = await openSession(image, { threads: 1, executor, batch });
        try {
          const samples = session.prepare(new Map([[image.inputs[0].name, network.data(SAMPLES)]]));
          for (let trial = 0; trial < 4; trial++) {
            const device = { seed, trial, elapsed_s: 0 };
            const faults = await session.sense(chains[name], device);
            const outputs = async (shortcut: "always" | "never") =>
              [...(await session.run(samples, faults, device, () => {}, { shortcut }))].map(
                ([output, parts]) => [output, parts.map(({ shape, data }) => [shape, [...data]])],
              );
            expect(await outputs("always")).toEqual(await outputs("never"));
          }
        } finally {
          await session.close();
        }
      },
    ),
    { numRuns: 25 },
  ));
