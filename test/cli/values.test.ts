import { describe, expect, test } from "vitest";
import * as values from "../../cli/values.ts";

const refused = (parse: (text: string) => unknown, text: string): string => {
  try {
    parse(text);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error(`"${text}" was taken`);
};

describe("counts are whole numbers in their range", () => {
  test.each(["0", "-1", "1.5", "abc", "", "1e3", " 2"])("--trials refuses %j", (text) => {
    expect(refused(values.trialCount, text)).toContain("needs a whole number from 1");
  });
  test("and are taken as they are", () => {
    expect(values.trialCount("10")).toBe(10);
    expect(values.seedNumber("4294967295")).toBe(4294967295);
    expect(refused(values.seedNumber, "4294967296")).toContain("from 0 to 4294967295");
    expect(refused(values.threadCount, "abc")).toContain("--threads 2");
  });
});

test("--replicate is a number of copies, auto, or a budget", () => {
  for (const text of ["4", "auto", "cells:2e6", "banks:500"])
    expect(values.replication(text)).toBe(text);
  expect(refused(values.replication, "cells")).toContain(
    "--replicate cells: needs the most copies",
  );
});

describe("--bank is word lines x bit lines in cells", () => {
  test("32x64", () => expect(values.bankSize("32x64")).toEqual({ wordLines: 32, bitLines: 64 }));
  test.each(["32", "0x64", "32x", "32x64x2", "-1x2"])("refuses %j", (text) => {
    expect(refused(values.bankSize, text)).toContain("WORDLINESxBITLINES");
  });
});

describe("--ber is a sweep, or a probability for each kind of error", () => {
  test("a sweep keeps its order", () => {
    expect(values.bitErrorRates("1e-3, 0.01,0")).toEqual({
      kind: "sweep",
      values: [1e-3, 0.01, 0],
    });
  });
  test("a kind that is not named is 0", () => {
    expect(values.bitErrorRates("type2=0.01,type3=0.065")).toEqual({
      kind: "types",
      type1: 0,
      type2: 0.01,
      type3: 0.065,
    });
  });
  test.each(["2", "", "1e-3,", "type4=1", "type1=", "type1=0.1,type1=0.2", "type1=0.6,type2=0.6"])(
    "refuses %j",
    (text) => expect(refused(values.bitErrorRates, text)).toContain("needs"),
  );
});

describe("--noise is none, all, or names", () => {
  test("names are kept once", () => {
    expect(values.noiseChoice("all")).toBe("all");
    expect(values.noiseChoice("programming,sense,sense")).toEqual(["programming", "sense"]);
  });
  test.each(["", "all,sense", "a b", ","])("refuses %j", (text) => {
    expect(refused(values.noiseChoice, text)).toContain("needs none, all, or names");
  });
});

test("--at takes times with their unit, ascending and once each", () => {
  expect(values.elapsedTimes("1d,1h,60s,1h")).toEqual([60, 3600, 86400]);
  expect(refused(values.elapsedTimes, "5")).toContain("unit");
  expect(refused(values.elapsedTimes, "-1s")).toContain("at least 0");
});

test("--shard counts from 1", () => {
  expect(values.shard("2/8")).toEqual({ index: 2, count: 8 });
  for (const text of ["0/8", "9/8", "1", "1/0", "a/b"])
    expect(refused(values.shard, text)).toContain("i/n");
});

test("kinds of precision, activations, inputs and read-outs are those of the contract", () => {
  for (const text of ["auto", "binary", "ternary", "int2", "int8", "levels9"])
    expect(values.precision(text)).toBe(text);
  for (const text of ["int1", "int9", "levels1", "float"]) refused(values.precision, text);
  for (const text of ["auto", "uint4", "int8", "ternary"])
    expect(values.activations(text)).toBe(text);
  for (const text of ["auto", "binary:0.5", "binary:-1e-3", "bits:8", "stochastic:16"]) {
    expect(values.inputEncoding(text)).toBe(text);
  }
  for (const text of ["binary", "bits:0", "stochastic:0", "spikes:x"])
    refused(values.inputEncoding, text);
  for (const text of ["digital", "adc:6", "multi-reference:3"])
    expect(values.readout(text)).toBe(text);
  refused(values.readout, "adc");
});
