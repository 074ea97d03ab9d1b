import { test, expect } from "vitest";
import target from "../targets/2t2r.ts";
import binary from "../targets/encodings/differential-binary.ts";
import ternary from "../targets/encodings/differential-ternary.ts";
import { binaryAlphabet, ternaryAlphabet } from "../compiler/ir/network.ts";
import { fastSense, senseSlowly } from "../runtime/noise/sense-fast.ts";
import { fillWords } from "../compiler/random.ts";
const codes = (n: number, k: number) => Uint8Array.from({length: n}, (_, i) => (Math.imul(i, 2654435761) >>> 9) % k);
test("x", () => {
  for (const enc of [binary.layout(binaryAlphabet, target.technology)!, ternary.layout(ternaryAlphabet, target.technology)!])
  for (const cond of ["strong", "h6"]) {
    const noise = target.laws.noise(target.technology, cond);
    const [p, c, s] = noise.map((n) => n.parameters);
    const lv = new Uint8Array(2048);
    codes(1024, enc.patterns.length).forEach((x, i) => lv.set(enc.patterns[x], 2 * i));
    const fast = fastSense(p, c, s, enc);
    const place = (bank: number) => ({ seed: 1, trial: 0, layer: 0, bank, wordLines: 32, bitLines: 64, elapsed_s: 0, encoding: enc, inputsOn: "bit lines" as const });
    for (let b = 0; b < 20; b++) expect(fast(lv, place(b))).toEqual(senseSlowly(lv, p, c, s, place(b)));
    for (let rep = 0; rep < 4; rep++) {
      const t = performance.now(); let m = 0;
      for (let b = 0; b < 1818; b++) m += fast(lv, place(b)).marginal.length;
      console.log(enc.name, cond, "ms", performance.now() - t, "marginal", m);
    }
    const out = new Uint32Array(2048); const t = performance.now();
    for (let b = 0; b < 1818; b++) fillWords([1, 2], b, 0, 0, out);
    console.log("words", performance.now() - t);
    const t2 = performance.now();
    for (let b = 0; b < 100; b++) senseSlowly(lv, p, c, s, place(b));
    console.log("slow x18.18", (performance.now() - t2) * 18.18);
  }
});
