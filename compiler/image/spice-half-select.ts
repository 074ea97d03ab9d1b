import { XbcError } from "../errors.ts";
import { halfSelectRead } from "../physics/half-select-read.ts";
import type { SpiceBank } from "./export-spice.ts";
import { netlist, operatingPoint } from "./spice-netlist.ts";

/**
 * A V/2 read of a whole bank (S1): the selected word line at the read voltage, the sensed bit lines at 0, all others at half;
 * every cell conducts I_0·sinh(V/V_0). Word lines are driven on bit line 0's side, bit lines sensed past the last word line,
 * with one segment of wire before the first cell and after the last. Probes: the current into the sense of each bit line.
 * @throws BAD_OPTION unless one word line is selected
 */
export function halfSelectNetlist(
  bank: SpiceBank,
  parameters: Readonly<Record<string, number>>,
): readonly string[] {
  const { wordLines, bitLines, bankWordLines, bankBitLines } = bank;
  if (wordLines.length !== 1)
    throw new XbcError(
      "BAD_OPTION",
      `--word-lines: needs one word line, which is all that a V/2 read selects, found ${wordLines.length}; give one, as --word-lines 0`,
    );
  const read = halfSelectRead((name) => parameters[name]);
  const [selected] = wordLines;
  const sensed = new Set(bitLines);
  const net = netlist();
  const volt = (isSelected: boolean, own: number) => (isSelected ? own : read.read_V / 2);
  for (let w = 0; w < bankWordLines; w++) {
    net.add(`Vw${w} w${w} 0 DC ${volt(w === selected, read.read_V)}`);
    for (let b = 0; b < bankBitLines; b++) {
      const from = b === 0 ? `w${w}` : `w${w}_${b - 1}`;
      net.resistor(`w${w}_${b}`, from, `w${w}_${b}`, read.wordLineWire_Ohm);
    }
  }
  for (let b = 0; b < bankBitLines; b++) {
    net.add(`Vb${b} b${b} 0 DC ${volt(sensed.has(b), 0)}`);
    for (let w = bankWordLines - 1; w >= 0; w--) {
      const from = w === bankWordLines - 1 ? `b${b}` : `b${w + 1}_${b}`;
      net.resistor(`b${w}_${b}`, from, `b${w}_${b}`, read.bitLineWire_Ohm);
    }
  }
  for (let w = 0; w < bankWordLines; w++) {
    for (let b = 0; b < bankBitLines; b++) {
      const conductance = bank.conductance_S(w, b);
      if (conductance === 0) continue;
      const slope_V = read.slopes_V[bank.level(w, b)];
      const scale_A = (conductance * read.read_V) / Math.sinh(read.read_V / slope_V);
      const across = `${net.node(`w${w}_${b}`)},${net.node(`b${w}_${b}`)}`;
      net.add(`Bc${w}_${b} ${across.replace(",", " ")} I=${scale_A}*sinh(V(${across})/${slope_V})`);
    }
  }
  return [...net.lines(), ...operatingPoint(bitLines.map((b) => `i(vb${b})`))];
}
