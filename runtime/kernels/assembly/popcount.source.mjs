// Text of popcount.generated.ts: inner products of bit planes, ROWS rows times 4 outputs at a time.
// It is made, not written, since the inner loop is the same lines many times over: V8 keeps four
// unrolled words of a 4 x 4 tile busiest (test/bench/kernels.mjs). The count is the scalar i64.popcnt:
// i8x16.popcnt is seven instructions on x86 without AVX-512.
// Weights: [tile of 4 outputs][word][plane][4 outputs] u64. Counts: i32[ROWS][64].

export const ROWS = 4;
const OUTPUTS = 4;

/** What is counted, from the planes xs, xm of a row and ws, wm of an output; a lone plane is xs or ws. */
const modes = [
  { name: "Xor", rowMask: false, weightMask: false, count: "popcnt<u64>(xs ^ ws)" },
  { name: "And", rowMask: false, weightMask: false, count: "popcnt<u64>(xs & ws)" },
  { name: "RowMasked", rowMask: true, weightMask: false, count: "popcnt<u64>(xm & (xs ^ ws))" },
  { name: "WeightMasked", rowMask: false, weightMask: true, count: "popcnt<u64>(wm & (xs ^ ws))" },
  // with both: pop(m) - 2 pop(m & (xs ^ ws)), m = xm & wm
  { name: "Full", rowMask: true, weightMask: true, count: "popcnt<u64>(m) - (popcnt<u64>(m & (xs ^ ws)) << 1)", both: true },
  // sign planes lie within mask planes, so xs & wm needs no xm
  { name: "WeightTernary", rowMask: false, weightMask: true, count: "popcnt<u64>(xs & wm) - (popcnt<u64>(xs & ws) << 1)" },
  { name: "RowTernary", rowMask: true, weightMask: false, count: "popcnt<u64>(xm & ws) - (popcnt<u64>(xs & ws) << 1)" },
];

const range = (n) => [...Array(n).keys()];
const join = (items, by = " ") => items.join(by);

/** One word of the planes: loads, then a count for each row and output. */
function step(mode, word) {
  const planes = mode.weightMask ? 2 : 1;
  const at = (plane, o) => ((word * planes + plane) * OUTPUTS + o) * 8;
  const row = (r) => (r === 0 ? "" : ` + d${r}`);
  const expression = (r, o) => {
    const text = mode.count
      .replaceAll("xs", `s${r}`).replaceAll("xm", `m${r}`)
      .replaceAll("ws", `w${o}`).replaceAll("wm", `v${o}`);
    return mode.both
      ? `const m${r}${o} = m${r} & v${o}; a${r}${o} += ${text.replace(/\bm\b/g, `m${r}${o}`)};`
      : `a${r}${o} += ${text};`;
  };
  return [
    "{",
    join(range(ROWS).map((r) => `const s${r} = load<u64>(x${row(r)}, ${word * 8});`)),
    mode.rowMask ? join(range(ROWS).map((r) => `const m${r} = load<u64>(y${row(r)}, ${word * 8});`)) : "",
    ...range(OUTPUTS).map((o) =>
      join([
        `const w${o} = load<u64>(w, ${at(0, o)});`,
        mode.weightMask ? `const v${o} = load<u64>(w, ${at(1, o)});` : "",
        ...range(ROWS).map((r) => expression(r, o)),
      ]),
    ),
    "}",
  ].join("\n");
}

function kernel(mode, unroll) {
  const tile = (r, o) => `a${r}${o}`;
  const every = range(ROWS).flatMap((r) => range(OUTPUTS).map((o) => [r, o]));
  const advance = (words) => {
    const bytes = words * OUTPUTS * 8 * (mode.weightMask ? 2 : 1);
    return `x += ${words * 8}; ${mode.rowMask ? `y += ${words * 8};` : ""} w += ${bytes};`;
  };
  return `
export function count${mode.name}(
  row: usize, mask: usize, ${join(range(ROWS).slice(1).map((r) => `d${r}: usize,`))}
  w: usize, words: i32, tiles: i32, to: usize,
): void {
  for (let tile = 0; tile < tiles; tile++) {
    ${join(every.map(([r, o]) => `let ${tile(r, o)}: i64 = 0;`))}
    let x = row;
    ${mode.rowMask ? "let y = row + mask;" : ""}
    let k = 0;
    for (; k <= words - ${unroll}; k += ${unroll}) {
      ${join(range(unroll).map((word) => step(mode, word)), "\n")}
      ${advance(unroll)}
    }
    for (; k < words; k++) {
      ${step(mode, 0)}
      ${advance(1)}
    }
    ${join(every.map(([r, o]) => `store<i32>(to, <i32>${tile(r, o)}, ${r * 256 + o * 4});`))}
    to += ${OUTPUTS * 4};
  }
}`;
}

export function popcountSource() {
  const distances = join(range(ROWS).slice(1).map((r) => `d${r}`), ", ");
  return [
    "// Made by scripts/generate-kernels.mjs from popcount.source.mjs.",
    ...modes.map((mode) => kernel(mode, mode.rowMask && mode.weightMask ? 2 : 4)),
    `
/** The counts of one block of outputs by mode: 0 Xor, 1 And, 2 RowMasked, 3 WeightMasked, 4 Full, 5 WeightTernary, 6 RowTernary. */
export function countRows(
  mode: u32, row: usize, mask: usize, ${join(range(ROWS).slice(1).map((r) => `d${r}: usize,`))}
  w: usize, words: i32, tiles: i32, to: usize,
): void {
  switch (mode) {
    ${join(modes.map((mode, index) => `case ${index}: return count${mode.name}(row, mask, ${distances}, w, words, tiles, to);`), "\n    ")}
  }
}
`,
  ].join("\n");
}
