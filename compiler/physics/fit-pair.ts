/**
 * Where the `fitted` parameters of pairs come from: each found again from the claims it was chosen for,
 * with all other parameters as the technology has them.
 */
import type { Technology } from "../define.ts";
import { exp, log, normalDensity } from "../math.ts";
import type { Ohms } from "../units.ts";
import { type Values, valuesOf } from "./condition.ts";
import { agedDevice, type CellLaws, hrsNormal, lrsNormal, pairDevice } from "./oxram-pair.ts";
import { midReference, pairBer, singleCellBer, typeThree } from "./pair-rates.ts";
import { rootOf } from "./quadrature.ts";
import { solveEquations } from "./solve-equations.ts";

export interface Fitted {
  readonly parameter: string;
  readonly fitted: number;
  readonly shipped: number;
  readonly from: string;
}

/** Every fitted parameter again, by its equations, beside the value of the technology. */
export function fitPair(technology: Technology): readonly Fitted[] {
  return [
    ...fitResistances(technology),
    fitResetPulse(technology),
    fitResetVoltage(technology),
    ...fitAgeing(technology),
  ];
}

/** Some parameters replaced. */
const replaced =
  (values: Values, changes: Readonly<Record<string, number>>): Values =>
  (name) =>
    changes[name] ?? values(name);

const JOINT = [
  "hrsFloor",
  "hrsScale",
  "hrsSpread",
  "amplifierSpread",
  "lrsSpreadExponent",
  "hrsExponent",
] as const;

/**
 * Six unknowns, six equations: H6's two rates, with the mid reference also the best one there; at the
 * strong condition L6's zeros, and a pair's 1e−8 beside a cell's 1e−4 (H8, H10).
 */
function fitResistances(technology: Technology): readonly Fitted[] {
  const strong = valuesOf(technology, "strong");
  const weak = valuesOf(technology, "h6");
  const changesOf = (logs: readonly number[]) =>
    Object.fromEntries(JOINT.map((name, i) => [name, exp(logs[i])]));
  const equations = (logs: readonly number[]): readonly number[] => {
    const changes = changesOf(logs);
    const device = pairDevice(replaced(strong, changes));
    const other = pairDevice(replaced(weak, changes));
    return [
      log(typeThree(device) / 0.185),
      log(singleCellBer(device.cell, midReference(device.cell)) / 1e-4),
      log(pairBer(device) / 1e-8),
      log(singleCellBer(other.cell, midReference(other.cell)) / 0.012),
      log(pairBer(other) / 0.002),
      slopeAt(other.cell, midReference(other.cell)),
    ];
  };
  const start = [1e4, 1e5, 0.55, 0.35, 1.25, 0.4].map(log);
  const solution = changesOf(solveEquations(equations, start));
  return JOINT.map((parameter) => ({
    parameter,
    fitted: solution[parameter],
    shipped: technology.parameters[parameter].value,
    from: "H6, H8, H10, L6: six equations together",
  }));
}

/** ln of the two densities' ratio at a reference; 0 where the BER of one cell is least. */
function slopeAt(cell: CellLaws, reference: Ohms): number {
  const above = reference - cell.hrsFloor_Ohm;
  const lrs = normalDensity(lrsNormal(cell, reference)) / cell.lrsSpread;
  const hrs = normalDensity(hrsNormal(cell, reference)) / (cell.hrsSpread * (above / reference));
  return log(hrs / lrs);
}

/** a_t: zeros fail 6.5 % after pulses of 100 µs. */
function fitResetPulse(technology: Technology): Fitted {
  const values = valuesOf(technology, "ternary-100us");
  const zeros = (slope: number) =>
    typeThree(pairDevice(replaced(values, { resetPulseSlope: slope })));
  return {
    parameter: "resetPulseSlope",
    fitted: rootOf((slope) => 0.065 - zeros(slope), 0, 1),
    shipped: technology.parameters.resetPulseSlope.value,
    from: "L5: Type 3 of 6.5 %",
  };
}

/** a_V: the endurance condition at half of its bound. */
function fitResetVoltage(technology: Technology): Fitted {
  const values = valuesOf(technology, "endurance");
  const ber = (slope: number) =>
    pairBer(pairDevice(replaced(values, { resetVoltageSlope: slope })));
  return {
    parameter: "resetVoltageSlope",
    fitted: rootOf((slope) => ber(slope) - 5e-5, 0, 5),
    shipped: technology.parameters.resetVoltageSlope.value,
    from: "H10: endurance at half of 1e−4",
  };
}

/** Ageing: one cell passes 1e−3 at 3 million cycles, a pair has reached 7e−4 at 7e8. */
function fitAgeing(technology: Technology): readonly Fitted[] {
  const values = valuesOf(technology, "strong");
  const changesOf = ([fall, growth]: readonly number[]) => ({
    ageingHrsFall: exp(fall),
    ageingLrsRise: exp(fall) / 4,
    ageingSpreadGrowth: exp(growth),
  });
  const solution = changesOf(
    solveEquations((logs) => {
      const device = pairDevice(replaced(values, changesOf(logs)));
      const { cell } = agedDevice(device, 3e6);
      return [
        log(singleCellBer(cell, midReference(cell)) / 1e-3),
        log(pairBer(agedDevice(device, 7e8)) / 7e-4),
      ];
    }, [0.2, 0.1].map(log)),
  );
  return (["ageingHrsFall", "ageingSpreadGrowth"] as const).map((parameter) => ({
    parameter,
    fitted: solution[parameter],
    shipped: technology.parameters[parameter].value,
    from: "H11: 1T1R 1e−3 at 3e6 cycles, 2T2R 7e−4 at 7e8",
  }));
}

/** Difference of a fitted value from the shipped one, relative. */
export const deviation = ({ fitted, shipped }: Fitted): number => fitted / shipped - 1;
