/**
 * Bad input ends in a refusal, never in a bug: damaged models and images through the built command line.
 * A reduced form in every test run; `npm run fuzz` runs all cases.
 */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FuzzCase } from "./case.ts";
import { drawnCase, fixedCases, type Images, imageSubjects } from "./cases.ts";
import { type Guard, isBuilt, openGuard, runProgram } from "./guard.ts";
import { judge, type Run, type Verdict } from "./judge.ts";
import { subjects } from "./subjects.ts";

const isFull = process.env.XBC_FUZZ === "full";
const seed = Number(process.env.XBC_FUZZ_SEED ?? 1);
const drawn = Number(process.env.XBC_FUZZ_CASES ?? (isFull ? 1200 : 130));
const throughProgram = isFull ? 60 : 4;

let guard: Guard;
let images: Images;
const verdicts: Verdict[] = [];

async function compiled(): Promise<Images> {
  const folder = mkdtempSync(join(tmpdir(), "xbc-fuzz-"));
  const found = new Map<string, Uint8Array>();
  for (const name of imageSubjects) {
    const subject = subjects.find((candidate) => candidate.name === name);
    if (!subject) continue;
    writeFileSync(join(folder, "m.onnx"), subject.model);
    const argv = ["compile", join(folder, "m.onnx"), "--target", "2t2r", "-o", join(folder, name)];
    const { code, error } = await guard.run([...argv, ...subject.options]);
    if (code !== 0) throw new Error(`${name} does not compile: ${error}`);
    found.set(name, Uint8Array.from(readFileSync(join(folder, name))));
  }
  rmSync(folder, { recursive: true });
  return found;
}

async function judged(
  cases: AsyncIterable<FuzzCase> | Iterable<FuzzCase>,
  run: Run,
): Promise<readonly string[]> {
  const wrong: string[] = [];
  for await (const fuzzed of cases) {
    const verdict = await judge(fuzzed, run);
    verdicts.push(verdict);
    if (process.env.XBC_FUZZ_LOG)
      appendFileSync(process.env.XBC_FUZZ_LOG, `${JSON.stringify(verdict)}\n`);
    if (verdict.faults.length === 0) continue;
    wrong.push(
      `${verdict.title}: ${verdict.faults.join("; ")}\n    ${verdict.error.slice(0, 600)}\n    ${verdict.stack.slice(0, 600)}`,
    );
  }
  return wrong;
}

async function* drawnCases(first: number, count: number): AsyncGenerator<FuzzCase> {
  for (let index = first; index < first + count; index++) yield drawnCase(seed, index, images);
}

const minutes = 60_000;

describe.skipIf(!isBuilt)("bad input (after npm run build)", () => {
  beforeAll(async () => {
    guard = openGuard();
    images = await compiled();
  }, 5 * minutes);

  afterAll(() => {
    guard.close();
    const count = (code: number) => verdicts.filter((verdict) => verdict.code === code).length;
    const slowest = Math.max(...verdicts.map(({ seconds }) => seconds));
    const peak = Math.max(...verdicts.map(({ peak: bytes }) => bytes)) / 2 ** 20;
    console.log(
      `${verdicts.length} cases of seed ${seed}: ${count(1)} refused, ${count(0)} taken (models checked against onnxruntime), ${count(3)} forged images failed verify, ` +
        `${verdicts.filter(({ faults }) => faults.length > 0).length} wrong; slowest ${slowest.toFixed(1)} s, most memory ${Math.round(peak)} MiB`,
    );
  });

  test(
    "models with absurd wishes, and files that are none, are refused or right",
    async () => {
      const all = fixedCases();
      const cases = isFull ? all : all.filter((_, k) => k % 4 === seed % 4);
      expect(await judged(cases, guard.run)).toEqual([]);
    },
    30 * minutes,
  );

  test(
    "damaged models and images are refused, or run as onnxruntime does",
    async () => {
      expect(await judged(drawnCases(0, drawn), guard.run)).toEqual([]);
    },
    60 * minutes,
  );

  test(
    "the program itself does the same as its parts",
    async () => {
      expect(await judged(drawnCases(drawn, throughProgram), runProgram)).toEqual([]);
    },
    30 * minutes,
  );
});
