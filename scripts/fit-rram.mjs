// Finds each `fitted` parameter of targets/rram-1t1r.ts again from its equations, and compares: exit code 1 where
// one is off by more than 1 %. Needs `npm run build` first.
import { fitMultilevel } from "../dist/compiler/physics/fit-multilevel.js";
import { deviation } from "../dist/compiler/physics/fit-pair.js";
import target from "../dist/targets/rram-1t1r.js";

let isOff = false;
for (const fitted of fitMultilevel(target.technology)) {
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
