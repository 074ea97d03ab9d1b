import type { ProgrammingDescription, ProgrammingRoutine, Pulse } from "../compiler/define.ts";
import { UNUSED } from "../compiler/ir/image.ts";
import type { ProgramReport } from "./report/report.ts";

/** What a routine did on the cells of a die, by level. */
export interface RoutineCounts {
  /** [256] used cells */
  readonly cells: Float64Array;
  /** [256] iterations of all cells of a level */
  readonly iterations: Float64Array;
  /** most iterations of a cell: all cells of a die wait at the same time, once a round */
  rounds: number;
}

/**
 * Time and energy of a simulated routine: forming and every pulse and read one cell after the other (H4); a wait
 * once a round, for all cells that were SET in it together.
 */
export function programmingCosts(
  { forming, levels }: ProgrammingDescription,
  routine: ProgrammingRoutine,
  counts: RoutineCounts,
): Pick<ProgramReport, "pulses" | "reads" | "time_s" | "energy_J"> {
  const total = { pulses: 0, pulsing: 0, forming: 0, formingEnergy: 0, energy: 0 };
  const add = (pulse: Pulse, times: number) => {
    total.pulses += times;
    total.pulsing += times * pulse.duration_s;
    total.energy += times * pulse.energy_J;
  };
  let iterations = 0;
  for (const { level, pulses } of levels) {
    if (level === UNUSED || counts.cells[level] === 0) continue;
    iterations += counts.iterations[level];
    if (forming) {
      total.pulses += counts.cells[level];
      total.forming += counts.cells[level] * forming.duration_s;
      total.formingEnergy += counts.cells[level] * forming.energy_J;
    }
    for (const pulse of pulses) add(pulse, counts.iterations[level]);
    if (routine.kind === "verify")
      add(routine.retry, counts.iterations[level] - counts.cells[level]);
  }
  const verify = routine.kind === "verify" ? routine : null;
  const reads = verify ? iterations * (verify.wait_s > 0 ? 2 : 1) : 0;
  const reading = reads * (verify?.readTime_s ?? 0);
  const waiting = counts.rounds * (verify?.wait_s ?? 0);
  const readEnergy = reads * (verify?.readEnergy_J ?? 0);
  return {
    pulses: total.pulses,
    reads,
    time_s: {
      forming: total.forming,
      pulses: total.pulsing,
      reads: reading,
      waits: waiting,
      total: total.forming + total.pulsing + reading + waiting,
    },
    energy_J: {
      forming: total.formingEnergy,
      pulses: total.energy,
      reads: readEnergy,
      total: total.formingEnergy + total.energy + readEnergy,
    },
  };
}
