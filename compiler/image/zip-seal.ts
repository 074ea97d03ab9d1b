import { XbcError } from "../errors.ts";
import { type ByteSource, readExactly } from "./bytes.ts";
import { sha256 } from "./sha256.ts";
import { seal } from "./zip-format.ts";

const chunkSize = 1 << 20;

/**
 * Reads a sealed archive through and compares its SHA-256 with the comment at its end.
 * @throws BAD_FILE where a byte was changed
 */
export async function checkSeal(source: ByteSource, name: string): Promise<void> {
  const end = source.size - seal.size;
  const hash = sha256();
  for (let at = 0; at < end; at += chunkSize)
    hash.update(await readExactly(source, at, Math.min(chunkSize, end - at), name));
  const found = seal.textOf(hash.hex());
  const said = new TextDecoder("latin1").decode(await readExactly(source, end, seal.size, name));
  if (said === found) return;
  throw new XbcError(
    "BAD_FILE",
    `${name}: needs the bytes that its ZIP comment was made of, found others (${found}); the file was edited or is damaged, compile the image again`,
  );
}
