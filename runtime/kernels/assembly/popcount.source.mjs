// Text of popcount.generated.ts: inner products of the bit planes of one row with those of many outputs.
// It is made, not written, since a function for each number of words is the same lines many times over.
//
// The count is the scalar i64.popcnt: i8x16.popcnt is seven instructions on x86 without AVX-512. A word
// of an output costs four: load, xor, popcnt, subtract. Three things keep it at four:
// - The row's words are locals, loaded once. Those that V8 spills are operands of the xor in memory,
//   where a load of wasm memory is never folded into another instruction.
// - The loaded word is the left operand, which x86 overwrites, and so needs no copy.
// - Counts are subtracted, one after the other. Binaryen turns a chain of additions around, since they
//   commute; V8 then loads all words before it counts the first, and spills them.
//
// Weights: u64[outputs][words][plane], outputs a multiple of TILE, words at most MAXIMUM.
// Counts: i32[outputs], from which the counts are subtracted.

/** Outputs to which weights are padded; `../weights.ts` has the same numbers. */
const TILE = 4;
/** Words that one function takes. */
const MAXIMUM = 16;

/**
 * What is counted, from the planes xs, xm of a row and ws, wm of an output; a lone plane is xs or ws. Bits
 * of `negative` count as -1.
 */
const modes = [
  { name: "Xor", count: "popcnt<u64>(ws ^ xs)" },
  { name: "And", count: "popcnt<u64>(ws & xs)" },
  { name: "RowMasked", rowMask: true, count: "popcnt<u64>((ws ^ xs) & xm)" },
  { name: "WeightMasked", weightMask: true, count: "popcnt<u64>((ws ^ xs) & wm)" },
  // pop(m) - 2 pop(d), where d lies within m
  {
    name: "Full",
    rowMask: true,
    weightMask: true,
    before: "const m = wm & xm; const d = (ws ^ xs) & m;",
    count: "popcnt<u64>(m ^ d)",
    negative: "d",
  },
  // sign planes lie within mask planes, so xs & wm needs no xm
  {
    name: "WeightTernary",
    weightMask: true,
    count: "popcnt<u64>((wm ^ ws) & xs)",
    negative: "(ws & xs)",
  },
  {
    name: "RowTernary",
    rowMask: true,
    before: "const b = ws & xs;",
    count: "popcnt<u64>((ws & xm) ^ b)",
    negative: "b",
  },
];

const range = (length) => [...Array(length).keys()];
const lines = (items) => items.join("\n");

/** Counts of one output: a chain over its words. */
function output(mode, words, index) {
  const planes = mode.weightMask ? ["ws", "wm"] : ["ws"];
  // -pop(d) = pop(~d) - 64: subtracted like the rest, with the constant taken off at once
  const complement = mode.negative ? `n -= popcnt<u64>(~${mode.negative});` : "";
  const start = mode.negative ? ` + ${64 * words}` : "";
  const step = (word) => {
    const loads = planes.map((name, plane) => {
      const at = ((index * words + word) * planes.length + plane) * 8;
      return `const ${name} = load<u64>(weights, ${at});`;
    });
    const named = (text = "") => text.replace(/\b(xs|xm)\b/g, `$1${word}`);
    return `{ ${loads.join(" ")} ${named(mode.before)} n -= ${named(mode.count)}; ${named(complement)} }`;
  };
  return `{
let n: i64 = <i64>load<i32>(to, ${index * 4})${start};
${lines(range(words).map(step))}
store<i32>(to, <i32>n, ${index * 4});
}`;
}

function kernel(mode, words) {
  const planes = mode.weightMask ? 2 : 1;
  const unrolled = mode.rowMask || mode.weightMask ? 1 : TILE;
  const rowWords = range(words).flatMap((word) => [
    `const xs${word} = load<u64>(sign, ${word * 8});`,
    ...(mode.rowMask ? [`const xm${word} = load<u64>(mask, ${word * 8});`] : []),
  ]);
  return `
export function count${mode.name}${words}(sign: usize, mask: usize, weights: usize, tiles: i32, to: usize): void {
${lines(rowWords)}
const end = to + (<usize>tiles << ${Math.log2(TILE) + 2});
do {
${lines(range(unrolled).map((index) => output(mode, words, index)))}
weights += ${unrolled * words * planes * 8};
to += ${unrolled * 4};
} while (to < end);
}`;
}

export function popcountSource() {
  const counts = range(MAXIMUM).map((index) => index + 1);
  const call = (mode, words) => `return count${mode.name}${words}(sign, mask, weights, tiles, to);`;
  const byWords = (mode) => `
function count${mode.name}(words: u32, sign: usize, mask: usize, weights: usize, tiles: i32, to: usize): void {
switch (words) {
${lines(counts.map((words) => `${words < MAXIMUM ? `case ${words}` : "default"}: ${call(mode, words)}`))}
}
}`;
  return lines([
    "// Made by scripts/generate-kernels.mjs from popcount.source.mjs.",
    `export const TILE: u32 = ${TILE};`,
    `export const MAXIMUM: u32 = ${MAXIMUM};`,
    ...modes.flatMap((mode) => [...counts.map((words) => kernel(mode, words)), byWords(mode)]),
    `
/** Subtracts the counts of a row by mode: ${modes.map(({ name }, index) => `${index} ${name}`).join(", ")}. */
export function countRow(mode: u32, words: u32, sign: usize, mask: usize, weights: usize, tiles: i32, to: usize): void {
switch (mode) {
${lines(modes.map(({ name }, index) => `case ${index}: return count${name}(words, sign, mask, weights, tiles, to);`))}
}
}
`,
  ]);
}
