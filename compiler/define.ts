/**
 * What can be added to xbc, each as one file: passes, operators, targets, encodings, noise models,
 * read-outs. The types here are the contract; the helpers only check and return.
 */
export type { Claim, ClaimResult } from "./define/claims.ts";
export type { CostModel, ReadCost } from "./define/costs.ts";
export type { Encoding, EncodingLayout } from "./define/encoding.ts";
export { defineEncoding } from "./define/encoding.ts";
export type { Figure, FigureRequest } from "./define/figures.ts";
export type { FloatExecutor, FloatSession } from "./define/float-executor.ts";
export type { LimitsRequest } from "./define/limits.ts";
export type { AnalogPlace, NoiseModel, NoisePlace, NoiseUse } from "./define/noise.ts";
export { defineNoise } from "./define/noise.ts";
export type { AnalogRead, ProgrammedBank, SensedBank } from "./define/noisy-bank.ts";
export type { ExpandContext, Operator } from "./define/operator.ts";
export { defineOperator } from "./define/operator.ts";
export type { CompileOptions } from "./define/options.ts";
export type { Pass, PassContext, PassDefinition, Stages } from "./define/pass.ts";
export { definePass } from "./define/pass.ts";
export type {
  LevelProgramming,
  ProgrammingDescription,
  ProgrammingRoutine,
  Pulse,
  ReadBias,
  VerifyRoutine,
} from "./define/programming.ts";
export type { Target, TargetLaws, TargetSpec } from "./define/target.ts";
export { defineTarget } from "./define/target.ts";
export type { ArrayDescription, Parameter, Technology } from "./define/technology.ts";
export { defineParameter } from "./define/technology.ts";
