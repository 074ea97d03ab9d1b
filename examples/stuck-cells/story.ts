import type { CompileRequest, ProgrammingImage, Tensor } from "../../index.ts";
import { compile, evaluate, program, stuckCells } from "../../index.ts";

/** A network on a target, and the data that say what it is worth. */
export interface Subject {
  readonly name: string;
  readonly model: Uint8Array;
  readonly request: CompileRequest;
  readonly data: { readonly x: Tensor; readonly y: Tensor };
}

/** Right answers, as shares, on one die whose cells are stuck. */
export interface Remapped {
  /** compiled without knowing them */
  readonly unknown: number;
  /** compiled around them */
  readonly avoided: number;
}

const right = async (image: ProgrammingImage, { data }: Subject, draw: Draw): Promise<number> => {
  const { die } = await program(image, draw);
  const report = await evaluate(image, data, { die, ablation: false, weak: false });
  return report.noisy?.mean ?? report.mapped.accuracy;
};

interface Draw {
  readonly seed: number;
  readonly trial: number;
  /** share of cells that no pulse moves, half in LRS, half in HRS */
  readonly stuck: number;
}

/**
 * One drawn die: programmed with the image as it is; then tested for stuck cells, the network compiled around them, and
 * programmed again. The same cells are stuck both times.
 */
export async function remapOn(
  subject: Subject,
  plain: ProgrammingImage,
  draw: Draw,
): Promise<Remapped> {
  const unknown = await right(plain, subject, draw);
  if (draw.stuck === 0) return { unknown, avoided: unknown };
  const map = stuckCells(plain, draw);
  const defects = new Map(
    plain.cells.map(({ layer, banks, wordLines, bitLines }): [string, Tensor] => [
      `${layer}.conductance_S`,
      {
        type: "float32",
        shape: [banks, wordLines, bitLines],
        data: map.layers.get(layer) ?? new Float32Array(0),
      },
    ]),
  );
  const around = await compile(subject.model, { ...subject.request, defects });
  return { unknown, avoided: await right(around, subject, draw) };
}
