import { XbcError } from "../errors.ts";

export function damaged(where: string, message: string): XbcError {
  return new XbcError(
    "BAD_FILE",
    `${where}: ${message}; the file was edited or is damaged, compile the image again`,
  );
}
