/**
 * Two OxRAM cells and their precharge sense amplifier: how a programming condition sets the
 * distributions. Everything is in ln R; `u` is a standard normal, one per cell and programming.
 * Source: H6–H11, L3–L6; equations calibrated together, see the `fitted` parameters of `targets/2t2r.ts`.
 */
import { XbcError } from "../errors.ts";
import { exp, log, log10, pow } from "../math.ts";
import { type Ohms, ohms } from "../units.ts";
import type { Values } from "./condition.ts";

/** The resistance laws of a cell: LRS log-normal, HRS a log-normal on top of a floor. */
export interface CellLaws {
  readonly lrsMedian_Ohm: number;
  /** σ_L, of ln R */
  readonly lrsSpread: number;
  /** k·R_0: no HRS lies below; what keeps signs right while zeros fail (L6) */
  readonly hrsFloor_Ohm: number;
  /** k·M·r^β: the median above the floor */
  readonly hrsScale_Ohm: number;
  /** s, of ln(R − floor) */
  readonly hrsSpread: number;
}

/** The sense amplifier's spreads, all of ln R. */
export interface AmplifierLaws {
  /** σ_o: fixed for each amplifier */
  readonly offsetSpread: number;
  /** σ_r: new at each read */
  readonly readSpread: number;
  /** R_c0·w(V): a pair whose lower resistance is below it converges in time */
  readonly convergence_Ohm: number;
  /** σ_c: new at each read, common to both cells of the pair */
  readonly convergenceSpread: number;
}

/** How cycles move a cell's laws. */
export interface AgeingLaws {
  /** N_1 */
  readonly onset_cycles: number;
  /** of ln R, per decade of 1 + N/N_1 */
  readonly lrsRise: number;
  readonly hrsFall: number;
  /** relative, of both spreads */
  readonly spreadGrowth: number;
}

export interface PairDevice {
  readonly cell: CellLaws;
  readonly amplifier: AmplifierLaws;
  readonly ageing: AgeingLaws;
  /** ρ²: share of each variance that stays with a cell over its cycles */
  readonly deviceShare: number;
}

/** All laws under one condition. */
export function pairDevice(values: Values): PairDevice {
  return {
    cell: cellLaws(values),
    amplifier: amplifierLaws(values),
    ageing: ageingLaws(values),
    deviceShare: values("deviceShare"),
  };
}

/** The resistance laws of a fresh cell under one condition. */
export function cellLaws(values: Values): CellLaws {
  const compliance = values("setCurrent");
  const r = values("referenceCurrent") / compliance;
  const k = exp(
    values("resetVoltageSlope") * (values("resetVoltage") - values("referenceResetVoltage")) +
      values("resetPulseSlope") * log(values("resetPulse") / values("referencePulse")),
  );
  return {
    lrsMedian_Ohm: values("lrsVoltage") / compliance,
    lrsSpread: Math.min(
      values("lrsSpreadLimit"),
      values("lrsSpread") * pow(r, values("lrsSpreadExponent")),
    ),
    hrsFloor_Ohm: k * values("hrsFloor"),
    hrsScale_Ohm: k * values("hrsScale") * pow(r, values("hrsExponent")),
    hrsSpread: values("hrsSpread"),
  };
}

/**
 * The amplifier's laws. Its offset takes what the total spread leaves beside the noise of a read:
 * σ_o² = σ_n² − σ_r².
 * @throws BAD_TECHNOLOGY if a read's noise exceeds the total
 */
export function amplifierLaws(values: Values): AmplifierLaws {
  const total = values("amplifierSpread");
  const read = values("readNoise");
  if (read > total) {
    throw new XbcError(
      "BAD_TECHNOLOGY",
      `technology, readNoise: needs at most amplifierSpread = ${total}, found ${read}; ` +
        "amplifierSpread is the whole spread, of offset and read noise together",
    );
  }
  const border =
    supplyDelay(values, values("nominalSupply")) / supplyDelay(values, values("supply"));
  return {
    offsetSpread: Math.sqrt(total * total - read * read),
    readSpread: read,
    convergence_Ohm: values("convergenceResistance") * border,
    convergenceSpread: values("convergenceSpread"),
  };
}

/**
 * The amplifier's delay at a supply, in units of its own: D(V) = V / (a·ln(1 + e^((V − V_T)/a)))^p (L3).
 * A slower amplifier converges only for lower resistances, so the border moves as 1/D.
 */
export function supplyDelay(values: Values, supply_V: number): number {
  const a = values("amplifierSlope");
  const overdrive = a * log(1 + exp((supply_V - values("amplifierThreshold")) / a));
  return supply_V / pow(overdrive, values("amplifierExponent"));
}

/** Time to converge of a pair whose lower resistance is given, at the median amplifier (L3). */
export function convergenceDelay(values: Values, lower_Ohm: number): number {
  return (values("convergenceTime") * lower_Ohm) / amplifierLaws(values).convergence_Ohm;
}

/** How cycles move the laws; a lower RESET voltage ages later. */
export function ageingLaws(values: Values): AgeingLaws {
  const relief = values("referenceResetVoltage") - values("resetVoltage");
  return {
    onset_cycles: values("ageingOnset") * pow(10, values("ageingOnsetSlope") * relief),
    lrsRise: values("ageingLrsRise"),
    hrsFall: values("ageingHrsFall"),
    spreadGrowth: values("ageingSpreadGrowth"),
  };
}

/** The laws of a cell after so many cycles (H11). */
export function agedCell(cell: CellLaws, ageing: AgeingLaws, cycles: number): CellLaws {
  const y = log10(1 + cycles / ageing.onset_cycles);
  const fall = exp(-ageing.hrsFall * y);
  const growth = 1 + ageing.spreadGrowth * y;
  return {
    lrsMedian_Ohm: cell.lrsMedian_Ohm * exp(ageing.lrsRise * y),
    lrsSpread: cell.lrsSpread * growth,
    hrsFloor_Ohm: cell.hrsFloor_Ohm * fall,
    hrsScale_Ohm: cell.hrsScale_Ohm * fall,
    hrsSpread: cell.hrsSpread * growth,
  };
}

/** A device after so many cycles. */
export function agedDevice(device: PairDevice, cycles: number): PairDevice {
  return { ...device, cell: agedCell(device.cell, device.ageing, cycles) };
}

/**
 * One pair that is cycled, read by one amplifier: what stays with a cell or an amplifier is at its
 * median, so that only the cycle-to-cycle share of each spread and the noise of a read remain.
 */
export function singlePair(device: PairDevice): PairDevice {
  const share = Math.sqrt(1 - device.deviceShare);
  return {
    ...device,
    cell: {
      ...device.cell,
      lrsSpread: device.cell.lrsSpread * share,
      hrsSpread: device.cell.hrsSpread * share,
    },
    amplifier: { ...device.amplifier, offsetSpread: 0 },
  };
}

/** Resistance of a cell in LRS. */
export function lrsResistance(cell: CellLaws, u: number): Ohms {
  return ohms(cell.lrsMedian_Ohm * exp(cell.lrsSpread * u));
}

/** Resistance of a cell in HRS; rises with u. */
export function hrsResistance(cell: CellLaws, u: number): Ohms {
  return ohms(cell.hrsFloor_Ohm + cell.hrsScale_Ohm * exp(cell.hrsSpread * u));
}

/** The u of a cell in LRS that has this resistance. */
export function lrsNormal(cell: CellLaws, resistance: Ohms): number {
  return log(resistance / cell.lrsMedian_Ohm) / cell.lrsSpread;
}

/** The u of a cell in HRS that has this resistance; −∞ at the floor and below. */
export function hrsNormal(cell: CellLaws, resistance: Ohms): number {
  const above = resistance - cell.hrsFloor_Ohm;
  return above > 0 ? log(above / cell.hrsScale_Ohm) / cell.hrsSpread : Number.NEGATIVE_INFINITY;
}

/** Median of HRS. */
export function hrsMedian(cell: CellLaws): Ohms {
  return ohms(cell.hrsFloor_Ohm + cell.hrsScale_Ohm);
}
