import fc from "fast-check";

/**
 * Properties draw the same cases in every run, so that a change is judged by itself; another seed looks for
 * what they missed: `XBC_PROPERTY_SEED=7 npm test`.
 */
fc.configureGlobal({ seed: Number(process.env.XBC_PROPERTY_SEED ?? 1) });
