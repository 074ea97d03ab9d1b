import { readDie } from "../compiler/image/die-file.ts";
import type { Die } from "../compiler/ir/die.ts";
import type { ProgrammingImage } from "../compiler/ir/image.ts";
import { unmeasuredCells } from "../runtime/die.ts";
import type { Console } from "./console.ts";
import { inFile } from "./exit.ts";
import { fileSource } from "./files.ts";

/**
 * Reads a die file for an image.
 * @throws BAD_FILE if it cannot be read, or is no die of this image
 */
export async function openDie(path: string, image: ProgrammingImage): Promise<Die> {
  const source = await fileSource(path);
  try {
    return await inFile(path, () => readDie(source, image, path));
  } finally {
    await source.close();
  }
}

/** A die to run on; a note says how many of the image's cells it does not tell. */
export async function measuredDie(
  path: string,
  image: ProgrammingImage,
  console: Console,
): Promise<Die> {
  const die = await openDie(path, image);
  const missing = await unmeasuredCells(image, die);
  if (missing > 0)
    console.note(`${path}: ${missing} used cells were not measured; taken as their level aims at`);
  return die;
}
