import { XbcError } from "../compiler/errors.ts";
import type { Tensor } from "../compiler/ir/tensor.ts";
import { toNumbers } from "../compiler/ir/tensor.ts";

/**
 * The class of each sample. Labels are class numbers, or rows that are 1 at the class and 0 elsewhere.
 * @param samples how many outputs there are
 * @param width outputs of one sample; 1 where the output is the class itself
 * @throws SHAPE_MISMATCH for another number of labels, BAD_INPUT for a row that names no class
 */
export function classesFrom(labels: Tensor, samples: number, width: number): Float64Array {
  const values = toNumbers(labels);
  if (values.length === samples) return values;
  const isRows = labels.shape.length > 1 && labels.shape[0] === samples;
  if (!isRows || width === 1 || values.length !== samples * width)
    throw wrongCount(labels, `${samples} class numbers, or one-hot rows [${samples}, ${width}]`);
  return Float64Array.from({ length: samples }, (_, sample) =>
    classOfRow(values.subarray(sample * width, (sample + 1) * width), sample),
  );
}

function classOfRow(row: Float64Array, sample: number): number {
  const index = row.indexOf(1);
  if (index >= 0 && row.every((value, k) => value === (k === index ? 1 : 0))) return index;
  throw new XbcError(
    "BAD_INPUT",
    `labels of sample ${sample}: need a class number or a row with one 1 and else 0, found [${shown(row)}]; ` +
      "give class numbers, or --metric mse or cosine to compare outputs",
  );
}

const shown = (row: Float64Array): string =>
  `${[...row.subarray(0, 6)].join(", ")}${row.length > 6 ? ", …" : ""}`;

/** Expected outputs, one row a sample. @throws SHAPE_MISMATCH for another number of values */
export function expectedRows(labels: Tensor, samples: number, width: number): Float64Array {
  const values = toNumbers(labels);
  if (values.length === samples * width) return values;
  throw wrongCount(labels, `${samples} rows of ${width} expected outputs`);
}

const wrongCount = (labels: Tensor, needed: string): XbcError =>
  new XbcError(
    "SHAPE_MISMATCH",
    `labels: need ${needed}, found [${labels.shape.join(", ")}]; give as many labels as samples`,
  );
