import { expect, test } from "vitest";
import { batchSize } from "../../runtime/batch-size.ts";
import { smallModel } from "../cli/small-model.ts";
import { compileTo2t2r } from "../support/compile.ts";

test("small samples run as many at a time as asked, large ones as many as memory takes, at least one", async () => {
  const image = await compileTo2t2r(smallModel());
  expect(batchSize(image, 1024)).toBe(1024);
  const large = (elements: number) =>
    batchSize(
      {
        layers: image.layers,
        buffers: new Map([...image.buffers].map(([id, b]) => [id, { ...b, shape: [elements] }])),
      },
      1024,
    );
  expect(large(2 ** 22)).toBeLessThan(64);
  expect(large(2 ** 22)).toBeGreaterThan(8);
  expect(large(2 ** 40)).toBe(1);
});
