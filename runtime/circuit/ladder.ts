/** A bit line of a 1T1R array: cells to ground along a wire, driven through a decoder (P4). */
export interface BitLine {
  /** [cells] siemens of each cell as it is gated now; cell 0 is next to the decoder */
  readonly conductance_S: Float64Array;
  /** between neighbouring cells */
  readonly wire_Ohm: number;
  /** between decoder and first cell */
  readonly first_Ohm: number;
  readonly decoder_Ohm: number;
  readonly read_V: number;
}

export interface BitLineAnswer {
  readonly current_A: number;
  /** of the bit line's nodes, to ground */
  readonly firstCell_V: number;
  readonly lastCell_V: number;
}

/**
 * The current that a bit line draws, exactly, by the continued fraction from its far end:
 * `Y_N = g_N`, `Y_i = g_i + Y_{i+1} / (1 + R_wire Y_{i+1})`, `I = V_read / (R_decoder + R_first + 1/Y_1)`.
 * Every term is a sum of positive numbers, so nothing cancels.
 */
export function solveLadder(line: BitLine): BitLineAnswer {
  const { conductance_S: g, wire_Ohm, first_Ohm, decoder_Ohm, read_V } = line;
  const last = g.length - 1;
  let beyond = g[last];
  // the share of a node's voltage that is left at the end of the wire
  let left = 1;
  for (let i = last - 1; i >= 0; i--) {
    const share = 1 / (1 + wire_Ohm * beyond);
    left *= share;
    beyond = g[i] + beyond * share;
  }
  const firstCell_V = read_V / (1 + (decoder_Ohm + first_Ohm) * beyond);
  return { current_A: firstCell_V * beyond, firstCell_V, lastCell_V: firstCell_V * left };
}
