/**
 * One selector and one resistive cell, read below the selector's threshold (S1–S4; device-models.md, section 4).
 * LRS: I(V) = I_0 sinh(V / V_0), so that I(V_th) = I_th and I(V_th/2) = I_leak. HRS: the same law with its own pair,
 * so that it conducts m times less at the read voltage and η times as much at half of it.
 */
import type { Technology } from "../define.ts";
import { XbcError } from "../errors.ts";
import { exp, log, normalDistribution, pow, upperTail } from "../math.ts";
import { formatQuantity } from "../units.ts";
import { type Values, valuesOf } from "./condition.ts";

/** Currents of a cell at its read voltage and at half of it, and what they spread by. */
export interface SubthresholdCell {
  /** median of V_th,LRS, and its spread */
  readonly threshold_V: number;
  readonly thresholdSpread_V: number;
  readonly read_V: number;
  /** of LRS and HRS at the read voltage: medians */
  readonly low_A: number;
  readonly high_A: number;
  /** of half-selected cells in LRS and in HRS */
  readonly halfLow_A: number;
  readonly halfHigh_A: number;
  /** σ of ln I */
  readonly lowSpread: number;
  readonly highSpread: number;
  /** V_0 of both states: an e-fold of current */
  readonly lowSlope_V: number;
  readonly highSlope_V: number;
  /** I_0 of both states */
  readonly lowScale_A: number;
  readonly highScale_A: number;
  /** chance that a read switches an LRS cell: its V_th lies below the read voltage */
  readonly switching: number;
}

const sinh = (x: number): number => (exp(x) - exp(-x)) / 2;
const arccosh = (x: number): number => log(x + Math.sqrt(x * x - 1));

/**
 * The cell of a technology: thickness and size move threshold, current and leakage from their reference (S4).
 * @throws BAD_TECHNOLOGY where no selector has such currents
 */
export function subthresholdCell(technology: Technology, condition: string): SubthresholdCell {
  const value = valuesOf(technology, condition);
  const { threshold_V, current_A, leak_A } = atThreshold(value);
  const refuse = (what: string, found: string, change = "thickness, size or currents"): never => {
    throw new XbcError(
      "BAD_TECHNOLOGY",
      `technology ${technology.name}: needs ${what}, found ${found}; change ${change}`,
    );
  };
  if (!(leak_A > 0))
    refuse("a leakage above 0 A, which gives the slope", `${leak_A} A`, "leakageCurrent");
  if (!(current_A > 2 * leak_A)) {
    const found = formatQuantity(current_A, "A", 4);
    refuse(
      "a current at threshold above twice the leakage",
      `${found}, ${(current_A / leak_A).toPrecision(4)} times ${formatQuantity(leak_A, "A", 4)}`,
    );
  }
  const lowSlope_V = threshold_V / (2 * arccosh(current_A / (2 * leak_A)));
  const lowScale_A = current_A / sinh(threshold_V / lowSlope_V);
  const thresholdSpread_V = value("thresholdSpread");
  const read_V = threshold_V - value("readBelowThreshold") * thresholdSpread_V;
  if (!(read_V > 0))
    refuse(
      "a read voltage above 0 V",
      formatQuantity(read_V, "V", 4),
      "thresholdVoltage, readBelowThreshold or thresholdSpread",
    );
  const readMargin = value("readMargin");
  if (!(readMargin > 1))
    refuse("a readMargin above 1, for HRS to conduct less than LRS", `${readMargin}`, "it");
  const low_A = lowScale_A * sinh(read_V / lowSlope_V);
  const halfLow_A = lowScale_A * sinh(read_V / 2 / lowSlope_V);
  const high_A = low_A / readMargin;
  const halfHigh_A = halfLow_A * value("halfSelectRatio");
  if (!(high_A > 2 * halfHigh_A))
    refuse(
      "an HRS current above twice its own at half the read voltage",
      `${formatQuantity(high_A, "A", 4)}, ${(high_A / halfHigh_A).toPrecision(4)} times ${formatQuantity(halfHigh_A, "A", 4)}`,
      "halfSelectRatio, readMargin or currents",
    );
  const highSlope_V = read_V / (2 * arccosh(high_A / (2 * halfHigh_A)));
  return {
    threshold_V,
    thresholdSpread_V,
    read_V,
    low_A,
    high_A,
    halfLow_A,
    halfHigh_A,
    lowSpread: value("lrsSpread"),
    highSpread: value("hrsSpread"),
    lowSlope_V,
    highSlope_V,
    lowScale_A,
    highScale_A: high_A / sinh(read_V / highSlope_V),
    switching: switchingChance(read_V, threshold_V, thresholdSpread_V),
  };
}

/** S4: V_th ∝ d^0.8, I_th and I_leak fall exponentially with thickness and by powers with size; leakage faster. */
function atThreshold(value: Values) {
  const thicker_m = value("selectorThickness") - value("referenceThickness");
  const wider = value("cellSize") / value("referenceSize");
  const thickness = value("selectorThickness") / value("referenceThickness");
  return {
    threshold_V: value("thresholdVoltage") * pow(thickness, value("thresholdExponent")),
    current_A:
      value("thresholdCurrent") *
      exp(-value("currentThicknessSlope") * thicker_m) *
      pow(wider, value("currentSizeExponent")),
    leak_A:
      value("leakageCurrent") *
      exp(-value("leakageThicknessSlope") * thicker_m) *
      pow(wider, value("leakageSizeExponent")),
  };
}

const switchingChance = (read_V: number, threshold_V: number, spread_V: number): number =>
  spread_V === 0
    ? Number(read_V >= threshold_V)
    : normalDistribution((read_V - threshold_V) / spread_V);

/** Mean of a log-normal over its median. */
export const meanFactor = (spread: number): number => exp((spread * spread) / 2);

/** Sense level above the leakage at which both states err alike: I_LRS·m^(−σ_L/(σ_L + σ_H)). */
export function senseLevel({ low_A, high_A, lowSpread, highSpread }: SubthresholdCell): number {
  const both = lowSpread + highSpread;
  const share = both === 0 ? 0.5 : lowSpread / both;
  return low_A * pow(low_A / high_A, -share);
}

/**
 * Mean BER of both states, read against `reference_A` while the bit line leaks `leakage_A`:
 * ½[Φ(ln((ref − K)/I_LRS)/σ_L) + Q(ln(m(ref − K)/I_LRS)/σ_H)].
 */
export function cellBer(cell: SubthresholdCell, reference_A: number, leakage_A = 0): number {
  const level = reference_A - leakage_A;
  if (level <= 0) return 0.5;
  const low = log(level / cell.low_A);
  const high = log(level / cell.high_A);
  const certain = (x: number): number => (x > 0 ? 1 : x < 0 ? 0 : 0.5);
  const lowError = cell.lowSpread === 0 ? certain(low) : normalDistribution(low / cell.lowSpread);
  const highError = cell.highSpread === 0 ? 1 - certain(high) : upperTail(high / cell.highSpread);
  return (lowError + highError) / 2;
}
