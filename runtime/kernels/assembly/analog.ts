// Analog sums: bit lines as ladders of conductances, integrated over read segments and arrays, against their
// reference. One block of 16 bit lines at a time, whose cells stay in the nearest cache while the rows pass.
import { HEADER, rowsAt, signed, strideOf, word } from "./program";

// words of the command, after the header
const INPUTS: usize = HEADER; // of the planes
const LINES: usize = HEADER + 1; // word lines, always-on ones behind the inputs
const OUTPUTS: usize = HEADER + 2;
const TILE_LINES: usize = HEADER + 3; // word lines of an array
const TILE_OUTPUTS: usize = HEADER + 4;
const SEGMENT: usize = HEADER + 5; // word lines read together
const BLOCKS: usize = HEADER + 6; // of 16 bit lines, of an array
const CELLS: usize = HEADER + 7; // f32[arrays along inputs][columns][blocks][TILE_LINES][16]
const PER_WEIGHT: usize = HEADER + 8; // bit lines of a weight
const FIRST_REFERENCE: usize = HEADER + 9;
const REFERENCES: usize = HEADER + 10;
const MIX: usize = HEADER + 11; // f32[PER_WEIGHT + REFERENCES], significances
const READ: usize = HEADER + 12; // f32[arrays along inputs][columns][4]: gain, offset, wire, head
const UNIT: usize = HEADER + 13; // f32: codes of one siemens
const LEAST: usize = HEADER + 14; // f32, f32: range of a converter
const MOST: usize = HEADER + 15;
const CONVERTS: usize = HEADER + 16; // 1: every array's sum becomes a number before it is added
const STRICT: usize = HEADER + 17; // 1: fires at >, else at >=
const BOUNDS: usize = HEADER + 18; // f32[outputs][STEPS], or 0: no decision
const DIRECTIONS: usize = HEADER + 19; // f32[outputs]
const STEPS: usize = HEADER + 20; // comparisons of an output; bits are made of one
const MINIMUM: usize = HEADER + 21;
const STEP: usize = HEADER + 22;
const CURRENTS: usize = HEADER + 23; // rows: f32[columns][blocks][16]
const LISTS: usize = HEADER + 26; // rows: lines that are on
const SUMS: usize = HEADER + 29; // rows: i32[outputs]
const MASK: usize = HEADER + 32; // rows: bits
const CODES: usize = HEADER + 35; // rows: i16[outputs]
const GROUPS: usize = HEADER + 38; // of outputs, each with planes of its own
const ORDER: usize = HEADER + 39; // u32[inputs] bit of each word line, or 0: in their order
const PLANES: usize = HEADER + 40;
const FIRST_PLANE: usize = HEADER + 41;
const PLANE_WORDS: usize = 4; // rows, significance as f32

/** cells after which numerator and denominator are brought back to a denominator of 1 */
const RENEW: u32 = 32;

/**
 * Lines of one array that are on, segment by segment, each from the far end: u32 count and f32 nearest line of a
 * segment, then for each of its lines u32 bytes of its cells and f32 wires between it and the one beyond.
 */
function list(mask: usize, order: usize, inputs: u32, first: u32, count: u32, segment: u32, alwaysOn: bool, to: usize): void {
  let at = to;
  for (let from: u32 = 0; from < count; from += segment) {
    const end = min(count, from + segment);
    const head = at;
    at += 8;
    let on: u32 = 0;
    let beyond: u32 = 0;
    let nearest: u32 = 0;
    for (let w: u32 = end; w > from; w--) {
      const line = first + w - 1;
      if (line < inputs) {
        const bit = order == 0 ? line : load<u32>(order + (line << 2));
        if ((load<u8>(mask + (bit >> 3)) & (1 << (bit & 7))) == 0) continue;
      } else if (!alwaysOn) continue;
      store<u32>(at, (w - 1) << 6);
      store<f32>(at, on == 0 ? 0 : <f32>(beyond - (w - 1)), 4);
      beyond = w - 1;
      nearest = w - 1;
      at += 8;
      on++;
    }
    store<u32>(head, on);
    store<f32>(head, <f32>nearest, 4);
  }
}

/**
 * Adds the currents of 16 bit lines over the segments of one array, per volt. With Y = N/D seen from a cell outwards,
 * Y_i = g_i + Y_{i+1} / (1 + R Y_{i+1}) is D' = D + R N, N' = g D' + N: no division but the last.
 */
function currents(lines: usize, segments: u32, cells: usize, wire: f32, decoder: f32, significance: f32, to: usize): void {
  let s0 = v128.load(to), s1 = v128.load(to, 16), s2 = v128.load(to, 32), s3 = v128.load(to, 48);
  const weight = f32x4.splat(significance);
  const one = f32x4.splat(1);
  let at = lines;
  for (let k: u32 = 0; k < segments; k++) {
    const on = load<u32>(at);
    const head = f32x4.splat(decoder + wire * load<f32>(at, 4));
    at += 8;
    if (on == 0) continue;
    let n0 = f32x4.splat(0), n1 = n0, n2 = n0, n3 = n0;
    let d0 = one, d1 = one, d2 = one, d3 = one;
    if (wire == 0) {
      // without wires every denominator stays 1: the same numbers by sums alone
      for (let i: u32 = 0; i < on; i++, at += 8) {
        const g = cells + load<u32>(at);
        n0 = f32x4.add(n0, v128.load(g));
        n1 = f32x4.add(n1, v128.load(g, 16));
        n2 = f32x4.add(n2, v128.load(g, 32));
        n3 = f32x4.add(n3, v128.load(g, 48));
      }
    } else for (let i: u32 = 0; i < on; i++) {
      const g = cells + load<u32>(at);
      const r = f32x4.splat(wire * load<f32>(at, 4));
      at += 8;
      d0 = f32x4.add(d0, f32x4.mul(r, n0));
      d1 = f32x4.add(d1, f32x4.mul(r, n1));
      d2 = f32x4.add(d2, f32x4.mul(r, n2));
      d3 = f32x4.add(d3, f32x4.mul(r, n3));
      n0 = f32x4.add(n0, f32x4.mul(v128.load(g), d0));
      n1 = f32x4.add(n1, f32x4.mul(v128.load(g, 16), d1));
      n2 = f32x4.add(n2, f32x4.mul(v128.load(g, 32), d2));
      n3 = f32x4.add(n3, f32x4.mul(v128.load(g, 48), d3));
      if ((i & (RENEW - 1)) == RENEW - 1) {
        n0 = f32x4.div(n0, d0);
        n1 = f32x4.div(n1, d1);
        n2 = f32x4.div(n2, d2);
        n3 = f32x4.div(n3, d3);
        d0 = one; d1 = one; d2 = one; d3 = one;
      }
    }
    s0 = f32x4.add(s0, f32x4.mul(weight, f32x4.div(n0, f32x4.add(d0, f32x4.mul(head, n0)))));
    s1 = f32x4.add(s1, f32x4.mul(weight, f32x4.div(n1, f32x4.add(d1, f32x4.mul(head, n1)))));
    s2 = f32x4.add(s2, f32x4.mul(weight, f32x4.div(n2, f32x4.add(d2, f32x4.mul(head, n2)))));
    s3 = f32x4.add(s3, f32x4.mul(weight, f32x4.div(n3, f32x4.add(d3, f32x4.mul(head, n3)))));
  }
  v128.store(to, s0); v128.store(to, s1, 16); v128.store(to, s2, 32); v128.store(to, s3, 48);
}

/** What the reference of a column gives. */
@inline
function referenceOf(command: usize, column: usize): f32 {
  const count = word(command, REFERENCES);
  const mix: usize = word(command, MIX) + (word(command, PER_WEIGHT) << 2);
  const at = column + (word(command, FIRST_REFERENCE) << 2);
  let sum: f32 = 0;
  for (let k: u32 = 0; k < count; k++) sum += load<f32>(mix + (k << 2)) * load<f32>(at + (k << 2));
  return sum;
}

/** An output's sum in codes, as the comparator or converter sees it. */
@inline
function codesOf(command: usize, at: usize, reference: f32, read: usize): f32 {
  const c = word(command, PER_WEIGHT);
  const mix: usize = word(command, MIX);
  let sum: f32 = 0;
  for (let k: u32 = 0; k < c; k++) sum += load<f32>(mix + (k << 2)) * load<f32>(at + (k << 2));
  return (sum * load<f32>(read) - reference) * reinterpret<f32>(word(command, UNIT)) + load<f32>(read, 4);
}

/** Numbers of the arrays read last, added to the sums: `significance` is that of the plane, `reads` theirs of READ. */
function convert(command: usize, currentsOf: usize, reads: usize, sums: usize, significance: f32): void {
  const outputs = word(command, OUTPUTS);
  const tile = word(command, TILE_OUTPUTS);
  const bytes: usize = word(command, BLOCKS) << 6;
  const least = reinterpret<f32>(word(command, LEAST));
  const most = reinterpret<f32>(word(command, MOST));
  const c = word(command, PER_WEIGHT);
  for (let first: u32 = 0, q: usize = 0; first < outputs; first += tile, q++) {
    const column = currentsOf + q * bytes;
    const reference = referenceOf(command, column);
    const read = reads + (q << 4);
    const end = min(outputs, first + tile);
    for (let o = first; o < end; o++) {
      const n = nearest(codesOf(command, column + ((o - first) * c << 2), reference, read));
      const held = min(max(n, least), most);
      store<i32>(sums + (o << 2), load<i32>(sums + (o << 2)) + <i32>(held * significance));
    }
  }
}

/** Decisions and sums of one row from its integrated currents. */
function finish(command: usize, currentsOf: usize, row: u32, firstRow: u32, scratch: usize): void {
  const outputs = word(command, OUTPUTS);
  const tile = word(command, TILE_OUTPUTS);
  const bytes: usize = word(command, BLOCKS) << 6;
  const c = word(command, PER_WEIGHT);
  const converts = word(command, CONVERTS) != 0;
  const strict = word(command, STRICT) != 0;
  const bounds: usize = word(command, BOUNDS);
  const directions: usize = word(command, DIRECTIONS);
  const steps = word(command, STEPS);
  let sums = rowsAt(command, SUMS, firstRow, scratch);
  if (sums != 0) sums += row * strideOf(command, SUMS);
  let mask = rowsAt(command, MASK, firstRow, scratch);
  if (mask != 0) {
    mask += row * strideOf(command, MASK);
    const words = (outputs + 63) >> 6;
    for (let k: u32 = 0; k < words; k++) store<u64>(mask + (k << 3), 0);
  }
  let codes = rowsAt(command, CODES, firstRow, scratch);
  if (codes != 0) codes += row * strideOf(command, CODES);
  for (let first: u32 = 0, q: usize = 0; first < outputs; first += tile, q++) {
    const column = currentsOf + q * bytes;
    let reference: f32 = 0;
    if (!converts) reference = referenceOf(command, column);
    const read: usize = word(command, READ) + (q << 4);
    const end = min(outputs, first + tile);
    for (let o = first; o < end; o++) {
      let x: f32 = 0;
      if (converts) x = <f32>load<i32>(sums + (o << 2));
      else {
        x = codesOf(command, column + ((o - first) * c << 2), reference, read);
        if (sums != 0) store<i32>(sums + (o << 2), <i32>nearest(x));
      }
      if (bounds == 0) continue;
      const turned = x * load<f32>(directions + (o << 2));
      let bound = bounds + (<usize>(o * steps) << 2);
      let passed: i32 = 0;
      for (let k: u32 = 0; k < steps; k++, bound += 4) {
        const level = load<f32>(bound);
        passed += i32(strict ? turned > level : turned >= level);
      }
      if (mask != 0 && passed > 0) {
        const at = mask + (o >> 3);
        store<u8>(at, load<u8>(at) | <u8>(1 << <u8>(o & 7)));
      }
      if (codes != 0) store<i16>(codes + (o << 1), <i16>(signed(command, MINIMUM) + passed * signed(command, STEP)));
    }
  }
}

export function analog(command: usize, begin: u32, end: u32, scratch: usize): i32 {
  const positions = word(command, 2);
  const firstRow = begin * positions;
  const rows = (end - begin) * positions;
  const lines = word(command, LINES);
  const inputs = word(command, INPUTS);
  const tile = word(command, TILE_LINES);
  const segment = word(command, SEGMENT);
  const blocks = word(command, BLOCKS);
  const outputs = word(command, OUTPUTS);
  const columns = (outputs + word(command, TILE_OUTPUTS) - 1) / word(command, TILE_OUTPUTS);
  const all = columns * blocks;
  const groups = word(command, GROUPS);
  const perGroup = all / groups;
  const groupBytes: usize = ((inputs + 63) >> 6) << 3;
  const order: usize = word(command, ORDER);
  const cells: usize = word(command, CELLS);
  const reads: usize = word(command, READ);
  const converts = word(command, CONVERTS) != 0;
  const currentsOf = rowsAt(command, CURRENTS, firstRow, scratch);
  const currentsStride = strideOf(command, CURRENTS);
  const lists = rowsAt(command, LISTS, firstRow, scratch);
  const listStride = strideOf(command, LISTS);
  const sums = rowsAt(command, SUMS, firstRow, scratch);
  for (let row: u32 = 0; row < rows; row++) {
    memory.fill(currentsOf + row * currentsStride, 0, all << 6);
    if (converts) memory.fill(sums + row * strideOf(command, SUMS), 0, outputs << 2);
  }
  const planes = word(command, PLANES);
  for (let p: u32 = 0; p < planes; p++) {
    const plane: usize = FIRST_PLANE + p * PLANE_WORDS;
    const mask = rowsAt(command, plane, firstRow, scratch);
    const significance = reinterpret<f32>(word(command, plane + 3));
    for (let first: u32 = 0, array: usize = 0; first < lines; first += tile, array++) {
      const count = min(tile, lines - first);
      const segments = (count + segment - 1) / segment;
      const read = reads + (array * columns << 4);
      for (let group: u32 = 0; group < groups; group++) {
        const own = mask + group * groupBytes;
        for (let row: u32 = 0; row < rows; row++)
          list(own + row * strideOf(command, plane), order, inputs, first, count, segment, p == 0, lists + row * listStride);
        for (let b = group * perGroup; b < (group + 1) * perGroup; b++) {
          const here = cells + ((array * all + b) * tile << 6);
          const r = read + (b / blocks << 4);
          const wire = load<f32>(r, 8);
          const head = load<f32>(r, 12);
          for (let row: u32 = 0; row < rows; row++)
            currents(lists + row * listStride, segments, here, wire, head, converts ? 1 : significance, currentsOf + row * currentsStride + (b << 6));
        }
      }
      if (!converts) continue;
      for (let row: u32 = 0; row < rows; row++) {
        const at = currentsOf + row * currentsStride;
        convert(command, at, read, sums + row * strideOf(command, SUMS), significance);
        memory.fill(at, 0, all << 6);
      }
    }
  }
  for (let row: u32 = 0; row < rows; row++) finish(command, currentsOf + row * currentsStride, row, firstRow, scratch);
  return 0;
}
