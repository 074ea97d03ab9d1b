/**
 * Bit error rates behind error-correcting codes, for raw bits that fail independently with chance p; data
 * bits are counted (H9).
 */
import { upperTail } from "../math.ts";
import { normalQuantile } from "../random.ts";

/** What becomes of a detected double error: its bits stay as read, or the word is read again. */
export type DoubleError = "left" | "re-read";

/** Bits of a small Hamming code: position 1 … 7, and 0 for the overall parity of SECDED. */
const DATA_POSITIONS = [3, 5, 6, 7];

/** BER after SEC(7,4), exact over all 2^7 error patterns; leading term 9p². */
export function sec74Ber(p: number): number {
  return enumerate(7, p, (pattern) => {
    const syndrome = syndromeOf(pattern << 1);
    return syndrome === 0 ? pattern << 1 : (pattern << 1) ^ (1 << syndrome);
  });
}

/** BER after SECDED(8,4), exact over all 2^8 error patterns; leading term 7p² (left), 28p³ (re-read). */
export function secded84Ber(p: number, doubles: DoubleError): number {
  return enumerate(8, p, (pattern) => {
    const syndrome = syndromeOf(pattern);
    const odd = ones(pattern) % 2 === 1;
    // odd: a single error, where the syndrome points (0 is the overall parity itself)
    if (odd) return pattern ^ (1 << syndrome);
    return syndrome !== 0 && doubles === "re-read" ? 0 : pattern;
  });
}

/** Mean share of wrong data bits over all patterns of n bits; `decode` gives the errors that remain. */
function enumerate(n: number, p: number, decode: (pattern: number) => number): number {
  const data = DATA_POSITIONS.reduce((mask, position) => mask | (1 << position), 0);
  let sum = 0;
  for (let pattern = 0; pattern < 2 ** n; pattern++) {
    const weight = ones(pattern);
    sum += p ** weight * (1 - p) ** (n - weight) * ones(decode(pattern) & data);
  }
  return sum / DATA_POSITIONS.length;
}

/** XOR of the positions of all wrong bits; position 0 adds nothing. */
function syndromeOf(pattern: number): number {
  let syndrome = 0;
  for (let position = 1; position < 8; position++) {
    if (pattern & (1 << position)) syndrome ^= position;
  }
  return syndrome;
}

function ones(x: number): number {
  let count = 0;
  for (let rest = x; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** BER after SEC(n, k), every multiple error miscorrected; general sum. */
export function secBer(n: number, p: number): number {
  return sumOver(n, p, (i) => (i < 2 ? 0 : Math.min(i + 1, n)));
}

/** BER after SECDED(n, k), general sum; leading term (n − 1)p² where doubles are left. */
export function secdedBer(n: number, p: number, doubles: DoubleError): number {
  return sumOver(n, p, (i) => {
    if (i < 2) return 0;
    if (i % 2 === 1) return Math.min(i + 1, n);
    return doubles === "left" ? i : 0;
  });
}

/** (1/n) Σ_i wrong(i)·C(n, i)·p^i·(1 − p)^(n − i). */
function sumOver(n: number, p: number, wrong: (i: number) => number): number {
  let term = (1 - p) ** n;
  let sum = 0;
  for (let i = 0; i <= n; i++) {
    sum += wrong(i) * term;
    term *= ((n - i) / (i + 1)) * (p / (1 - p));
  }
  return sum / n;
}

/**
 * c in BER ≈ c·p² of a shortened SEC code whose columns are 1 … n: pairs of columns enumerated, the
 * third bit flipped where the syndrome points at one that exists. Valid for p·n ≪ 1.
 */
export function secPairTerm(n: number): number {
  const isData = (position: number) => (position & (position - 1)) !== 0;
  const data = Array.from({ length: n }, (_, i) => i + 1).filter(isData).length;
  let wrong = 0;
  for (let a = 1; a <= n; a++) {
    for (let b = 1; b < a; b++) {
      const third = a ^ b;
      wrong += [a, b, third].filter((position) => position <= n && isData(position)).length;
    }
  }
  return wrong / data;
}

/** BER of a pair with equal log-normal spreads and an ideal amplifier, where one cell alone has p: Q(√2·Q⁻¹(p)). */
export function idealPairLaw(p: number): number {
  return upperTail(Math.SQRT2 * -normalQuantile(p));
}
