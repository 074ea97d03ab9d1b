import { describe, expect, test } from "vitest";
import { bytesSource, memorySink } from "../../../compiler/image/bytes.ts";
import { readDie, writeDie } from "../../../compiler/image/die-file.ts";
import { writeNpz } from "../../../compiler/image/npz.ts";
import { type Tensor, tensor } from "../../../compiler/ir/tensor.ts";
import { sampleImage } from "../../support/images.ts";

const image = sampleImage();
const layers = new Map(
  image.cells.map(({ layer, banks, wordLines, bitLines }) => [
    layer,
    Float32Array.from({ length: banks * wordLines * bitLines }, (_, c) =>
      c % 5 === 0 ? Number.NaN : c * 1e-6,
    ),
  ]),
);
const die = { layers, elapsed_s: 60, provenance: "die 7 of lot α" };

async function archive(arrays: Iterable<readonly [string, Tensor]>) {
  const sink = memorySink();
  await writeNpz(sink, arrays);
  return bytesSource(sink.bytes());
}

const arrays = (): Map<string, Tensor> =>
  new Map([
    ...image.cells.map(({ layer, banks, wordLines, bitLines }): [string, Tensor] => {
      const name = layer === "conv1/α" ? "conv1%2F%CE%B1" : layer.replace(" ", "%20");
      const size = banks * wordLines * bitLines;
      return [
        `${name}.conductance_S`,
        tensor("float64", [banks, wordLines, bitLines], new Float64Array(size).fill(2e-6)),
      ];
    }),
    ["elapsed_s", tensor("float64", [], Float64Array.of(3600))],
  ]);

describe("a die file", () => {
  test("is read as it was written: conductances, what was not measured, time and provenance", async () => {
    const sink = memorySink();
    await writeDie(die, image, sink);
    expect(await readDie(bytesSource(sink.bytes()), image, "die.npz")).toEqual(die);
  });
  test("of a researcher may hold float64 and no provenance", async () => {
    const read = await readDie(await archive(arrays()), image, "die.npz");
    expect([read.elapsed_s, read.provenance]).toEqual([3600, ""]);
    expect([...read.layers.values()][0][0]).toBe(Math.fround(2e-6));
  });
  test.each([
    ["a layer that is missing", (all: Map<string, Tensor>) => all.delete("fc3.conductance_S")],
    [
      "a conductance below 0",
      (all: Map<string, Tensor>) => {
        all.get("fc3.conductance_S")?.data.fill(-1e-6 as never);
      },
    ],
    [
      "another shape",
      (all: Map<string, Tensor>) =>
        all.set("fc3.conductance_S", tensor("float32", [1, 1, 1], new Float32Array(1))),
    ],
  ])("with %s is refused by the array's name", async (_, change) => {
    const all = arrays();
    change(all);
    await expect(readDie(await archive(all), image, "die.npz")).rejects.toThrow(
      /die\.npz, array fc3\.conductance_S: needs conductances of \[/,
    );
  });
  test.each([[undefined], [-1], [Number.NaN]])("with elapsed_s %s is refused", async (value) => {
    const all = arrays();
    if (value === undefined) all.delete("elapsed_s");
    else all.set("elapsed_s", tensor("float64", [], Float64Array.of(value)));
    await expect(readDie(await archive(all), image, "die.npz")).rejects.toThrow(/elapsed_s: needs/);
  });
});
