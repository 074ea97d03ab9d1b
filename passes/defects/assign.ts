/** outputs that are assigned together: the work grows as the cube */
const MOST_TOGETHER = 512;

/**
 * A place for each output, so that the sum of their costs is least (Kuhn 1955, by shortest augmenting paths); of a
 * large layer, within groups of neighbouring outputs, the last of which takes the spare places.
 * @param cost of an output at a place; places ≥ outputs
 */
export function assignOutputs(
  outputs: number,
  places: number,
  cost: (output: number, place: number) => number,
): readonly number[] {
  const slots: number[] = [];
  for (let first = 0; first < outputs; first += MOST_TOGETHER) {
    const count = Math.min(MOST_TOGETHER, outputs - first);
    const isLast = first + count === outputs;
    const columns = isLast ? places - first : count;
    const group = cheapest(count, columns, (o, p) => cost(first + o, first + p));
    for (const place of group) slots.push(first + place);
  }
  return slots;
}

/** rows ≤ columns; the column of each row. Potentials u, v keep reduced costs at 0 or above. */
function cheapest(
  rows: number,
  columns: number,
  cost: (row: number, column: number) => number,
): readonly number[] {
  const costs = new Float64Array(rows * columns);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) costs[r * columns + c] = cost(r, c);
  const u = new Float64Array(rows + 1);
  const v = new Float64Array(columns + 1);
  /** by column, from 1: its row, from 1; 0 where free. Column 0 holds the row that looks for one */
  const rowOf = new Int32Array(columns + 1);
  const back = new Int32Array(columns + 1);
  for (let row = 1; row <= rows; row++) {
    rowOf[0] = row;
    const least = new Float64Array(columns + 1).fill(Number.POSITIVE_INFINITY);
    const done = new Uint8Array(columns + 1);
    let at = 0;
    do {
      done[at] = 1;
      const from = (rowOf[at] - 1) * columns;
      let delta = Number.POSITIVE_INFINITY;
      let next = 0;
      for (let c = 1; c <= columns; c++) {
        if (done[c] === 1) continue;
        const reduced = costs[from + c - 1] - u[rowOf[at]] - v[c];
        if (reduced < least[c]) {
          least[c] = reduced;
          back[c] = at;
        }
        if (least[c] < delta) {
          delta = least[c];
          next = c;
        }
      }
      for (let c = 0; c <= columns; c++) {
        if (done[c] === 1) {
          u[rowOf[c]] += delta;
          v[c] -= delta;
        } else least[c] -= delta;
      }
      at = next;
    } while (rowOf[at] !== 0);
    while (at !== 0) {
      rowOf[at] = rowOf[back[at]];
      at = back[at];
    }
  }
  const columnOf: number[] = new Array(rows).fill(0);
  for (let c = 1; c <= columns; c++) if (rowOf[c] > 0) columnOf[rowOf[c] - 1] = c - 1;
  return columnOf;
}
