// Text of popcount.generated.ts: inner products of bit planes, two rows times two outputs at a time.
// It is made, not written, since the inner loop is the same lines many times over.
//
// The count is the scalar i64.popcnt: i8x16.popcnt is seven instructions on x86 without AVX-512. The
// way out of the loop after every word costs one instruction and saves more: V8 moves an addition down
// to its first use, and without a use in each word it first loads all words of the unrolled loop and
// spills them. Rows lie in pairs, word by word, so that one pointer reads both.
// Rows: [word][plane][2 rows] u64. Weights: [tile of 2 outputs][word][plane][2 outputs] u64.
// Counts: i32[2 rows][64 outputs].

const UNROLLED = 8;
const SIDE = [0, 1];

/** What is counted, from the planes xs, xm of a row and ws, wm of an output; a lone plane is xs or ws. */
const modes = [
  { name: "Xor", count: "popcnt<u64>(xs ^ ws)" },
  { name: "And", count: "popcnt<u64>(xs & ws)" },
  { name: "RowMasked", rowMask: true, count: "popcnt<u64>(xm & (xs ^ ws))" },
  { name: "WeightMasked", weightMask: true, count: "popcnt<u64>(wm & (xs ^ ws))" },
  // pop(m) - 2 pop(d), where d lies within m
  {
    name: "Full",
    rowMask: true,
    weightMask: true,
    before: "const m = xm & wm; const d = m & (xs ^ ws);",
    count: "popcnt<u64>(m ^ d) - popcnt<u64>(d)",
  },
  // sign planes lie within mask planes, so xs & wm needs no xm
  { name: "WeightTernary", weightMask: true, count: "popcnt<u64>(xs & (wm ^ ws)) - popcnt<u64>(xs & ws)" },
  { name: "RowTernary", rowMask: true, count: "popcnt<u64>(ws & (xm ^ xs)) - popcnt<u64>(xs & ws)" },
];

const join = (items, by = " ") => items.join(by);
const both = SIDE.flatMap((r) => SIDE.map((o) => [r, o]));

/** One word of the planes: loads, then a count for each row and output. */
function step(mode, word) {
  const load = (name, from, planes, plane, side) =>
    `const ${name}${side} = load<u64>(${from}, ${((word * planes + plane) * 2 + side) * 8});`;
  const xPlanes = mode.rowMask ? 2 : 1;
  const wPlanes = mode.weightMask ? 2 : 1;
  const loads = [
    ...SIDE.map((r) => load("xs", "x", xPlanes, 0, r)),
    ...(mode.rowMask ? SIDE.map((r) => load("xm", "x", xPlanes, 1, r)) : []),
    ...SIDE.map((o) => load("ws", "w", wPlanes, 0, o)),
    ...(mode.weightMask ? SIDE.map((o) => load("wm", "w", wPlanes, 1, o)) : []),
  ];
  const named = (text, r, o) =>
    text.replace(/\b([xw])([sm])\b/g, (_, side, plane) => `${side}${plane}${side === "x" ? r : o}`);
  const counts = both.map(
    ([r, o]) => `{ ${named(mode.before ?? "", r, o)} a${r}${o} += ${named(mode.count, r, o)}; }`,
  );
  return `{ ${join(loads)}\n${join(counts, "\n")} }\nif (left <= ${word + 1}) break;`;
}

function kernel(mode) {
  const wordBytes = (mask) => (mask ? 32 : 16);
  return `
export function count${mode.name}(row: usize, weights: usize, words: i32, tiles: i32, to: usize): void {
  const tileBytes = <usize>words * ${wordBytes(mode.weightMask)};
  for (let tile = 0; tile < tiles; tile++) {
    ${join(both.map(([r, o]) => `let a${r}${o}: i64 = 0;`))}
    let x = row;
    let w = weights;
    let left = words;
    while (true) {
      ${join([...Array(UNROLLED).keys()].map((word) => step(mode, word)), "\n")}
      left -= ${UNROLLED};
      x += ${UNROLLED * wordBytes(mode.rowMask)};
      w += ${UNROLLED * wordBytes(mode.weightMask)};
    }
    ${join(both.map(([r, o]) => `store<i32>(to, <i32>a${r}${o}, ${r * 256 + o * 4});`))}
    weights += tileBytes;
    to += 8;
  }
}`;
}

export function popcountSource() {
  const call = (mode) => `return count${mode.name}(row, weights, words, tiles, to);`;
  return [
    "// Made by scripts/generate-kernels.mjs from popcount.source.mjs.",
    ...modes.map(kernel),
    `
/** Counts of a pair of rows by mode: ${join(modes.map(({ name }, index) => `${index} ${name}`), ", ")}. */
export function countPair(mode: u32, row: usize, weights: usize, words: i32, tiles: i32, to: usize): void {
  switch (mode) {
    ${join(modes.map((mode, index) => `case ${index}: ${call(mode)}`), "\n    ")}
  }
}
`,
  ].join("\n");
}
