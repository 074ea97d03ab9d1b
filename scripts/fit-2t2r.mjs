// Finds each `fitted` parameter of targets/2t2r.ts again from its equations, and compares: exit code 1 where
// one is off by more than 1 %. Needs `npm run build` first.
import { existsSync } from "node:fs";

const at = (path) => new URL(`../dist/${path}`, import.meta.url);
if (!existsSync(at("compiler/physics/fit-pair.js"))) {
  console.error(
    "fit-2t2r: needs the compiled project in dist/, found none; run npm run build first",
  );
  process.exit(1);
}
const { fitPair, deviation } = await import(at("compiler/physics/fit-pair.js"));
const { default: target } = await import(at("targets/2t2r.js"));

let isOff = false;
for (const fitted of fitPair(target.technology)) {
  const off = deviation(fitted);
  isOff ||= !(Math.abs(off) <= 0.01);
  const columns = [
    fitted.parameter.padEnd(20),
    fitted.fitted.toPrecision(6).padStart(12),
    String(fitted.shipped).padStart(10),
    `${(100 * off).toFixed(2)} %`.padStart(9),
    fitted.from,
  ];
  console.log(columns.join("  "));
}
process.exit(isOff ? 1 : 0);
