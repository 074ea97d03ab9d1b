import { describe, expect, test } from "vitest";
import { characterizeText } from "../../../runtime/report/characterize-text.ts";
import { compileReport } from "../../../runtime/report/compile-report.ts";
import { compileText } from "../../../runtime/report/compile-text.ts";
import { evaluationText } from "../../../runtime/report/evaluation-text.ts";
import { explainLayer, explanationText } from "../../../runtime/report/explain.ts";
import { duration, grouped, percent, probability } from "../../../runtime/report/figures.ts";
import { plain } from "../../../runtime/report/paint.ts";
import { targetText } from "../../../runtime/report/target-text.ts";
import { textWidth, wrap } from "../../../runtime/report/text-table.ts";
import { verifyText } from "../../../runtime/report/verify-text.ts";
import target from "../../../targets/2t2r.ts";
import { smallEvaluation, smallImage } from "./small-image.ts";

const options = { paint: plain, verbose: false };
const widest = (text: string): number => Math.max(...text.split("\n").map((line) => line.length));

describe("the mapping of a small image", async () => {
  const report = await compileReport(smallImage(), "small.xbi");
  const text = compileText(report, options);
  test("reads as it should", () => expect(text).toMatchSnapshot());
  test("names every assumption when asked, else counts them", () => {
    const many = { ...report, assumptions: Array.from({ length: 9 }, (_, k) => `number ${k}`) };
    expect(compileText(many, options)).toContain("… and 5 more");
    expect(compileText(many, { ...options, verbose: true })).toContain("number 8");
  });
  test("keeps the end of a long name and the width", () => {
    const [layer] = report.layers;
    const long = {
      ...layer,
      name: `/${"block/".repeat(20)}conv`,
      banks: 1e6,
      cells: 2e9,
      clocks: 1e9,
      outputs: 12288,
      inputs: 49152,
      positions: 50176,
    };
    const wide = compileText({ ...report, layers: [long] }, options);
    expect(wide).toContain("block/conv");
    expect(widest(wide)).toBeLessThanOrEqual(textWidth);
  });
  test("says so where nothing lies on banks", () => {
    expect(compileText({ ...report, layers: [] }, options)).toContain("no layer lies on banks");
  });
});

describe("an evaluation", () => {
  const text = evaluationText(smallEvaluation(), options);
  test("reads as it should", () => expect(text).toMatchSnapshot());
  test("leaves out what was not measured", () => {
    const bare = evaluationText(
      {
        ...smallEvaluation(),
        baseline: null,
        noisy: null,
        weak: null,
        ablation: [],
        overBer: [],
        overTime: [],
        layers: [],
        noise: [],
      },
      options,
    );
    expect(bare).toMatchSnapshot();
  });
  test("shows distances as they are, not in percent", () => {
    const distance = evaluationText(
      { ...smallEvaluation(), metric: "mse", mapped: { accuracy: 0.0123456 } },
      options,
    );
    expect(distance).toContain("0.012346");
    expect(distance).toContain("mse");
  });
});

test("an explanation answers why a layer lies as it does", () => {
  const explanation = explainLayer(smallImage(), "fc1", smallEvaluation());
  expect(explanationText(explanation, plain)).toMatchSnapshot();
  expect(() => explainLayer(smallImage(), "fc9")).toThrow(
    'needs a layer on banks (fc1, fc2), found "fc9"',
  );
});

test("claims stand beside what the model gives, met or missed by how much", () => {
  const sampled = { value: 0.0121, low: 0.0119, high: 0.0123, samples: 1e6, method: "Monte Carlo" };
  const claim = {
    id: "H6",
    condition: "h6",
    quantity: "1T1R BER, mid reference",
    claimed: "0.012",
    value: 0.01198,
    sampled,
    met: true,
    missedBy: "",
    note: "",
  };
  const missed = {
    ...claim,
    quantity: "2T2R BER",
    claimed: "< 1e-7",
    value: 2.2e-7,
    sampled: null,
    met: false,
    missedBy: "a factor 2.2",
    note: "one cycled pair",
  };
  const report = {
    target: "2t2r",
    condition: null,
    samples: 1e6,
    seed: 0,
    claims: [claim, missed],
    assumptions: [],
  };
  expect(characterizeText(report, options)).toMatchSnapshot();
});

test("a check that failed stands out", () => {
  const checks = [
    { name: "integrity", passed: true, detail: "12 entries" },
    { name: "answers", passed: false, detail: "3 of 100 differ" },
  ];
  expect(verifyText({ checks, passed: false, readback: null }, plain)).toBe(
    "ok      integrity: 12 entries\nFAILED  answers: 3 of 100 differ\na check failed",
  );
});

test("a technology is shown with every parameter and its source", () => {
  const text = targetText(target.technology, target.summary, target.laws, plain);
  for (const name of Object.keys(target.technology.parameters)) expect(text).toContain(name);
  expect(widest(text)).toBeLessThanOrEqual(textWidth);
});

test("no report is wider than its width", async () => {
  const report = await compileReport(smallImage(), null, smallEvaluation());
  const explanation = explanationText(explainLayer(smallImage(), "fc1", smallEvaluation()), plain);
  for (const text of [compileText(report, options), explanation])
    expect(widest(text)).toBeLessThanOrEqual(textWidth);
});

test("figures carry their prefix only where they are printed", () => {
  expect(grouped(3723264)).toBe("3,723,264");
  expect(percent(0.98125)).toBe("98.13 %");
  expect([0, 0.012, 1.4e-7].map(probability)).toEqual(["0", "0.012", "1.4e-7"]);
  expect([4.2e-7, 59, 90, 7200, 259200].map(duration)).toEqual([
    "420 ns",
    "59 s",
    "1.5 min",
    "2 h",
    "3 d",
  ]);
});

test("text wraps between words and loses none", () => {
  const text = "one two three four five six";
  expect(wrap(text, 9)).toEqual(["one two", "three", "four five", "six"]);
  expect(wrap(text, 1000)).toEqual([text]);
});
