/** What kind of fault an error is; the command line maps it to an exit code. */
export type ErrorCode =
  | "BAD_FILE" // a file is not what its name says, is damaged, or cannot be read
  | "BAD_MODEL" // the ONNX model breaks the ONNX rules
  | "UNSUPPORTED" // a valid request that xbc refuses by name
  | "NOT_ENCODABLE" // a weight or activation does not fit the target's encodings
  | "SHAPE_MISMATCH" // a tensor's shape is not what was asked for
  | "BAD_INPUT" // data handed to a run lies outside what the network takes
  | "BAD_TECHNOLOGY" // a technology file or `--set` breaks the schema
  | "BAD_OPTION" // an option's value is not one that it takes
  | "LIMIT" // a bank limit, or a size bound, is exceeded
  | "USAGE" // the command line is wrong
  | "CHECK_FAILED" // `verify` found a difference
  | "INTERNAL"; // a broken rule inside xbc: a bug

/**
 * The one error of xbc. A message says where, what was needed, what was found, what to do.
 * Everything else that is thrown is a bug.
 */
export class XbcError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string) {
    super(message);
    this.name = "XbcError";
    this.code = code;
  }
}

/** A broken rule inside xbc, with the stage or pass that broke it. */
export function internal(where: string, message: string): XbcError {
  return new XbcError("INTERNAL", `${where}: ${message}; this is a bug in xbc, please report it`);
}
