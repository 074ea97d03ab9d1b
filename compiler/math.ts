/**
 * Elementary functions made of exactly rounded operations only (+ − × ÷ √ and bit patterns): the same
 * bits in every engine, which Math.exp and Math.log do not promise.
 * Source: the algorithms and coefficients of fdlibm (Sun Microsystems, 1993; freely redistributable).
 */

const float = new Float64Array(1);
// every platform that runs WebAssembly stores numbers little-endian: word 0 is the lower one
const words = new Uint32Array(float.buffer);

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const INVERSE_LN2 = Math.LOG2E;

/** 2^n for an integer n from −1022 to 1023. */
function powerOfTwo(n: number): number {
  words[0] = 0;
  words[1] = (n + 1023) << 20;
  return float[0];
}

/** e^x, within one unit in the last place. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.782712893384) return Number.POSITIVE_INFINITY;
  if (x < -745.1332191019411) return 0;
  const n = Math.abs(x) > 0.34657359027997264 ? Math.floor(x * INVERSE_LN2 + 0.5) : 0;
  const high = x - n * LN2_HIGH;
  const low = n * LN2_LOW;
  const r = high - low;
  const t = r * r;
  const c =
    r -
    t *
      (0.16666666666666602 +
        t *
          (-0.0027777777777015593 +
            t *
              (0.00006613756321437934 +
                t * (-0.0000016533902205465252 + t * 4.1381367970572385e-8))));
  if (n === 0) return 1 - ((r * c) / (c - 2) - r);
  const y = 1 - (low - (r * c) / (2 - c) - high);
  if (n > 1023) return y * 2 * powerOfTwo(n - 1);
  if (n < -1021) return y * powerOfTwo(n + 54) * 2 ** -54;
  return y * powerOfTwo(n);
}

/** ln x, within one unit in the last place; −∞ at 0, NaN below. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  const subnormal = x < 2.2250738585072014e-308;
  float[0] = subnormal ? x * 2 ** 54 : x;
  const upper = words[1] & 0x000fffff;
  // the fraction is brought to √½ … √2
  const shift = (upper + 0x95f64) & 0x100000;
  const k = (words[1] >>> 20) - 1023 + (shift >>> 20) - (subnormal ? 54 : 0);
  words[1] = upper | (shift ^ 0x3ff00000);
  const f = float[0] - 1;
  if (f === 0) return k * LN2_HIGH + k * LN2_LOW;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const t1 = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373));
  const t2 =
    z *
    (0.6666666666666735 +
      w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)));
  const half = 0.5 * f * f;
  const r = t1 + t2;
  return k * LN2_HIGH - (half - (s * (half + r) + k * LN2_LOW) - f);
}

/** x^y for x > 0. */
export function pow(x: number, y: number): number {
  return exp(y * log(x));
}

/** log10 x. */
export function log10(x: number): number {
  return log(x) / Math.LN10;
}

/** The standard normal density φ(x). */
export function normalDensity(x: number): number {
  return 0.3989422804014327 * exp(-0.5 * x * x);
}

/** Q(x), the chance that a standard normal exceeds x; relative error below 1e−12 down to 1e−300. */
export function upperTail(x: number): number {
  return 0.5 * erfc(x * Math.SQRT1_2);
}

/** Φ(x) = Q(−x). */
export function normalDistribution(x: number): number {
  return upperTail(-x);
}

/** 1 − erf(x), accurate relative to its own size. */
export function erfc(x: number): number {
  if (Number.isNaN(x)) return x;
  const a = Math.abs(x);
  if (a < 0.84375) {
    if (a < 2 ** -56) return 1 - x;
    const z = x * x;
    const y = polynomial(nearZero, z) / polynomial(nearZeroBelow, z);
    return x < 0.25 ? 1 - (x + x * y) : 0.5 - (x - 0.5 + x * y);
  }
  if (a < 1.25) {
    const s = a - 1;
    const ratio = polynomial(nearOne, s) / polynomial(nearOneBelow, s);
    return x >= 0 ? 1 - ERF_ONE - ratio : 1 + (ERF_ONE + ratio);
  }
  if (a >= 28) return x > 0 ? 0 : 2;
  if (x < -6) return 2;
  const s = 1 / (a * a);
  const ratio =
    a < 1 / 0.35
      ? polynomial(middle, s) / polynomial(middleBelow, s)
      : polynomial(far, s) / polynomial(farBelow, s);
  // the square is split so that its rounding does not reach the exponential
  float[0] = a;
  words[0] = 0;
  const z = float[0];
  const tail = (exp(-z * z - 0.5625) * exp((z - a) * (z + a) + ratio)) / a;
  return x > 0 ? tail : 2 - tail;
}

/** Σ c[i]·x^i. */
function polynomial(c: readonly number[], x: number): number {
  let sum = 0;
  for (let i = c.length - 1; i >= 0; i--) sum = sum * x + c[i];
  return sum;
}

const ERF_ONE = 0.8450629115104675;
const nearZero = [
  0.12837916709551256, -0.3250421072470015, -0.02848174957559851, -0.005770270296489442,
  -0.000023763016656650163,
];
const nearZeroBelow = [
  1, 0.39791722395915535, 0.0650222499887673, 0.005081306281875766, 0.00013249473800432164,
  -0.000003960228278775368,
];
const nearOne = [
  -0.0023621185607526594, 0.41485611868374833, -0.3722078760357013, 0.31834661990116175,
  -0.11089469428239668, 0.035478304325618236, -0.002166375594868791,
];
const nearOneBelow = [
  1, 0.10642088040084423, 0.540397917702171, 0.07182865441419627, 0.12617121980876164,
  0.01363708391202905, 0.011984499846799107,
];
const middle = [
  -0.009864944034847148, -0.6938585727071818, -10.558626225323291, -62.375332450326006,
  -162.39666946257347, -184.60509290671104, -81.2874355063066, -9.814329344169145,
];
const middleBelow = [
  1, 19.651271667439257, 137.65775414351904, 434.56587747522923, 645.3872717332679,
  429.00814002756783, 108.63500554177944, 6.570249770319282, -0.0604244152148581,
];
const far = [
  -0.0098649429247001, -0.799283237680523, -17.757954917754752, -160.63638485582192,
  -637.5664433683896, -1025.0951316110772, -483.5191916086514,
];
const farBelow = [
  1, 30.33806074348246, 325.7925129965739, 1536.729586084437, 3199.8582195085955,
  2553.0504064331644, 474.52854120695537, -22.44095244658582,
];
