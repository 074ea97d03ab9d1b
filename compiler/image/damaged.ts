import { XbcError } from "../errors.ts";

/** The error of an archive that is not as it was written: where, what was needed and what was found. */
export function damaged(where: string, message: string): XbcError {
  return new XbcError(
    "BAD_FILE",
    `${where}: ${message}; the file was edited or is damaged, compile the image again`,
  );
}
