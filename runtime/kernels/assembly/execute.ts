// The one function of the module: a list of commands over a range of samples.
import { matrix } from "./matrix";
import { pack, packBytes } from "./pack";
import { join, permute, requantize, requantizePlanes, requantizeTable, thresholdBytes, thresholdFloat } from "./digital";
import { compare, scanPairs } from "./banks";
import { flip } from "./flips";
import { words } from "./random";
import { addRows, integrateFire } from "./spikes";
import { pool, transpose, windows } from "./window";
import { analog } from "./analog";
import { ERROR } from "./program";

// a function that is exported is not inlined; V8 compiles many small ones faster than a large one
export * from "./popcount.generated";

function one(opcode: u32, command: usize, begin: u32, end: u32, scratch: usize): i32 {
  switch (opcode) {
    case 1: return thresholdFloat(command, begin, end, scratch);
    case 2: return thresholdBytes(command, begin, end, scratch);
    case 3: return pack(command, begin, end, scratch);
    case 4: return packBytes(command, begin, end, scratch);
    case 5: return matrix(command, begin, end, scratch);
    case 6: return requantize(command, begin, end, scratch);
    case 7: return requantizeTable(command, begin, end, scratch);
    case 8: return permute(command, begin, end, scratch);
    case 9: return flip(command, begin, end, scratch);
    case 10: return words(command, begin, end, scratch);
    case 21: return join(command, begin, end, scratch);
    case 20: return analog(command, begin, end, scratch);
    case 11: return compare(command, begin, end, scratch);
    case 13: return windows(command, begin, end, scratch);
    case 14: return pool(command, begin, end, scratch);
    case 15: return transpose(command, begin, end, scratch);
    case 16: return addRows(command, begin, end, scratch);
    case 17: return integrateFire(command, begin, end, scratch);
    case 18: return requantizePlanes(command, begin, end, scratch);
    default: return scanPairs(command, begin, end, scratch);
  }
}

/**
 * Runs `commands` commands on the samples begin … end - 1, which must fit the thread's scratch.
 * Returns 0, or the code of the first error, described at the scratch's begin.
 */
export function execute(program: usize, commands: u32, begin: u32, end: u32, scratch: usize): i32 {
  let command = program;
  for (let index: u32 = 0; index < commands; index++) {
    const error = one(load<u32>(command), command, begin, end, scratch);
    if (error != 0) {
      store<u32>(scratch + ERROR, index, 12);
      return error;
    }
    command += <usize>load<u32>(command, 4) << 2;
  }
  return 0;
}
