import type { SpiceBank } from "./export-spice.ts";
import type { Netlist } from "./spice-netlist.ts";
import { netlist, operatingPoint } from "./spice-netlist.ts";

/** Wires of a read of many word lines at once (P4). */
export interface BitLineWires {
  readonly read_V: number;
  readonly decoder_Ohm: number;
  readonly first_Ohm: number;
  readonly wire_Ohm: number;
}

/** what a cell whose word line is off conducts: nothing that a simulator's digits could show */
const OFF_OHM = 1e21;

/**
 * Bit lines at the read voltage behind their decoders: a wire from cell to cell, cells to ground, those of word line w on
 * where the parameter `wlw` is above 0. Cell 0 is next to the decoder. Probes: the current of each bit line's source, which
 * SPICE counts as negative.
 */
export function bitLinesNetlist(bank: SpiceBank, wires: BitLineWires): readonly string[] {
  const { wordLines, bitLines, usedWordLines } = bank;
  const net = netlist();
  const on = new Set(wordLines);
  for (let w = 0; w < usedWordLines; w++) net.add(`.param wl${w}=${on.has(w) ? 1 : 0}`);
  for (const b of bitLines) bitLine(net, bank, wires, b);
  return [...net.lines(), ...operatingPoint(bitLines.map((b) => `i(vb${b})`))];
}

function bitLine(net: Netlist, bank: SpiceBank, wires: BitLineWires, b: number): void {
  const cell = (w: number) => `c${w}_${b}`;
  net.add(`Vb${b} r${b} 0 DC ${wires.read_V}`);
  net.resistor(`d${b}`, `r${b}`, `d${b}`, wires.decoder_Ohm);
  for (let w = 0; w < bank.usedWordLines; w++) {
    if (w === 0) net.resistor(`w0_${b}`, `d${b}`, cell(0), wires.first_Ohm);
    else net.resistor(`w${w}_${b}`, cell(w - 1), cell(w), wires.wire_Ohm);
    const conductance = bank.conductance_S(w, b);
    if (conductance > 0)
      net.add(
        `Rc${w}_${b} ${net.node(cell(w))} 0 R={wl${w} > 0 ? ${1 / conductance} : ${OFF_OHM}}`,
      );
  }
}
