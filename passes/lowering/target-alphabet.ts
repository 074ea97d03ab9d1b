import type { TargetSpec } from "../../compiler/define.ts";
import type { Alphabet, CodeMatrix } from "../../compiler/ir/network.ts";
import { binaryAlphabet, ternaryAlphabet } from "../../compiler/ir/network.ts";

/** From few levels to many: what a target is asked for, to find the smallest alphabet that holds given codes. */
const ascending = ["binary", "ternary", "int2", "int3", "int4", "int5", "int6", "int7", "int8"];

/** The alphabet that a target's encodings offer for a precision; null where they leave weights as they are. */
export function targetAlphabet(target: TargetSpec, precision: string): Alphabet | null {
  for (const encoding of target.encodings) {
    const alphabet = encoding.alphabetOf?.(precision, target.technology) ?? null;
    if (alphabet) return alphabet;
  }
  return null;
}

/** Precisions that float weights can be quantized to for a target: what advice may name. */
export function offeredPrecisions({ encodings, technology }: TargetSpec): string {
  const plain = [binaryAlphabet, ternaryAlphabet].filter((alphabet) =>
    encodings.some((encoding) => encoding.layout(alphabet, technology)),
  );
  const named = ascending
    .slice(2)
    .filter((name) => encodings.some((encoding) => encoding.alphabetOf?.(name, technology)));
  const range = named.length > 1 ? [`${named[0]} to ${named[named.length - 1]}`] : named;
  const offered = [...plain.map(({ name }) => name), ...range];
  return (offered.length > 0 ? offered : ["auto"])
    .map((name) => `--precision ${name}`)
    .join(" or ");
}

/** The alphabets of a target from few levels to those of a precision; none where it leaves weights as they are. */
export function alphabetsUpTo(target: TargetSpec, precision: string): readonly Alphabet[] {
  const largest = targetAlphabet(target, precision);
  if (!largest) return [];
  return [...ascending.map((name) => offeredAlphabet(target, name)), largest].filter(
    (alphabet): alphabet is Alphabet =>
      alphabet !== null && alphabet.levels.length <= largest.levels.length,
  );
}

/**
 * The smallest alphabet of a target that holds every code, at most as large as that of a precision; null where the
 * target names no alphabets, or none holds them.
 */
export function smallestAlphabet(
  target: TargetSpec,
  precision: string,
  { data }: CodeMatrix,
): Alphabet | null {
  const codes = new Set(data);
  const holds = ({ levels }: Alphabet): boolean => {
    const held = new Set(levels);
    return [...codes].every((code) => held.has(code));
  };
  return alphabetsUpTo(target, precision).find(holds) ?? null;
}

/** What an encoding names for a precision, else the plain alphabet of that name where one lays it out. */
function offeredAlphabet(target: TargetSpec, name: string): Alphabet | null {
  const plain = [binaryAlphabet, ternaryAlphabet].find((alphabet) => alphabet.name === name);
  const isLaidOut =
    plain && target.encodings.some((encoding) => encoding.layout(plain, target.technology));
  return targetAlphabet(target, name) ?? (plain && isLaidOut ? plain : null);
}
