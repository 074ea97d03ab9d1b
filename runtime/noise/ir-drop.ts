import { defineNoise } from "../../compiler/define.ts";

/** Wire and decoder resistance of bit lines (P4); the kernel solves every line's ladder exactly (design.md section 5). */
export default defineNoise({
  name: "ir-drop",
  summary: "Voltage lost along bit lines and in their decoder",
  acts: "read",
  parameters: {
    wire_Ohm: { unit: "Ohm", description: "from cell to cell" },
    first_Ohm: { unit: "Ohm", description: "from decoder to first cell" },
    decoder_Ohm: { unit: "Ohm", description: "of the decoder" },
  },
  ideal: () => ({ wire_Ohm: 0, first_Ohm: 0, decoder_Ohm: 0 }),
  analog: ({ wire_Ohm, first_Ohm, decoder_Ohm }) => ({ wire_Ohm, first_Ohm, decoder_Ohm }),
});
