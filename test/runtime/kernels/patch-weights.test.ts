import fc from "fast-check";
import { expect, test } from "vitest";
import type { WeightTerm } from "../../../runtime/kernels/commands.ts";
import { createMemory } from "../../../runtime/kernels/memory.ts";
import { patchDigits } from "../../../runtime/kernels/patch-weights.ts";
import { planeBytes } from "../../../runtime/kernels/rows.ts";
import { TILE, weightTerm } from "../../../runtime/kernels/weights.ts";
import { numbers } from "./twins.ts";

test("patched weights are the bytes of weights packed anew, or none where planes are missing", () => {
  const memory = createMemory(false);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e6 }),
      fc.integer({ min: 1, max: 70 }),
      fc.integer({ min: 1, max: 200 }),
      fc.constantFrom([-1, 1], [-1, 0, 1], [0, 1]),
      fc.constantFrom([-1, 1], [-1, 0, 1], [0, 1]),
      (seed, outputs, inputs, alphabet, changed) => {
        const mark = memory.mark();
        const next = numbers(seed);
        const digits = Int8Array.from(
          { length: outputs * inputs },
          () => alphabet[next(alphabet.length)],
        );
        const term = weightTerm(memory, digits, outputs, inputs, 4);
        const weight = Int32Array.from({ length: next(40) }, () => next(outputs * inputs));
        const digit = Int8Array.from(weight, () => changed[next(changed.length)]);
        const patched = patchDigits(memory, term, outputs, inputs, { weight, digit });
        weight.forEach((w, k) => {
          digits[w] = digit[k];
        });
        const holds = (planes: WeightTerm) =>
          [...digits].every((d) => (d === 0 ? planes.mask : d === 1 || planes.sign));
        if (patched === null) {
          expect([...digit].every((d) => (d === 0 ? term.mask : d === 1 || term.sign))).toBe(false);
        } else {
          expect(holds(patched)).toBe(true);
          const size = Math.ceil(outputs / TILE) * TILE * planeBytes(inputs);
          const anew = weightTerm(memory, digits, outputs, inputs, 4);
          // a plane that is no longer needed stays
          if (anew.sign === patched.sign && anew.mask === patched.mask) {
            const bytes = (found: WeightTerm) =>
              memory.bytes(found.at, size * (found.sign && found.mask ? 2 : 1)).slice();
            const counts = (found: WeightTerm) =>
              found.mask ? memory.int32(found.counts, Math.ceil(outputs / 64) * 64).slice() : null;
            expect(bytes(patched)).toEqual(bytes(anew));
            expect(counts(patched)).toEqual(counts(anew));
          }
        }
        memory.release(mark);
      },
    ),
  );
});
