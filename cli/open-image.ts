import type { ProgrammingImage } from "../compiler/ir/image.ts";
import { readImage } from "../index.ts";
import { inFile } from "./exit.ts";
import { fileSource } from "./files.ts";

export interface OpenOptions {
  /** every byte of a large image is checked too, before it is used */
  readonly whole?: boolean;
}

/**
 * Opens an image, hands it over and closes its file; banks are read from it as they are used.
 * @throws BAD_FILE if it cannot be read or is no sound image
 */
export async function withImage<T>(
  path: string,
  use: (image: ProgrammingImage) => Promise<T>,
  { whole = false }: OpenOptions = {},
): Promise<T> {
  const source = await fileSource(path);
  try {
    const image = await inFile(path, () =>
      readImage(source, { name: path, ...(whole ? { verify: "all" } : {}) }),
    );
    return await inFile(path, () => use(image));
  } finally {
    await source.close();
  }
}
