/** What only a process shows: exit codes, streams, signals. Needs dist/, as `npm test` builds it. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildModel, floats } from "../support/build-onnx.ts";
import { type Workshop, workshop } from "./small-model.ts";

const main = join(dirname(fileURLToPath(import.meta.url)), "../../dist/cli/main.js");

let shop: Workshop;
beforeAll(async () => {
  shop = await workshop();
});
afterAll(() => shop.remove());

const start = (...argv: readonly string[]): ChildProcess =>
  spawn(process.execPath, [main, ...argv], { stdio: ["ignore", "pipe", "pipe"] });

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

function ended(child: ChildProcess): Promise<Ended> {
  let out = "";
  let error = "";
  child.stdout?.on("data", (data) => {
    out += data;
  });
  child.stderr?.on("data", (data) => {
    error += data;
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, out, error })));
}

const xbc = (...argv: readonly string[]): Promise<Ended> => ended(start(...argv));

describe.skipIf(!existsSync(main))("the xbc process (after npm run build)", () => {
  test("alone shows its help on stderr and is wrong usage", async () => {
    const { code, out, error } = await xbc();
    expect([code, out]).toEqual([2, ""]);
    expect(error).toContain("Usage: xbc");
  });

  test("ends with 0 and one document on stdout, progress and notes elsewhere", async () => {
    const image = shop.path("model.xbi");
    const { code, out, error } = await xbc(
      "compile",
      shop.path("model.onnx"),
      "--target",
      "2t2r",
      "-o",
      image,
      "--json",
    );
    expect([code, error]).toEqual([0, ""]);
    expect(JSON.parse(out).image).toBe(image);
  });

  test("a fault of the input is 1: a line on stderr, with --json a document on stdout too", async () => {
    const { code, out, error } = await xbc("inspect", shop.path("absent.xbi"), "--json");
    expect(code).toBe(1);
    expect(error.trimEnd().split("\n")).toHaveLength(1);
    expect(JSON.parse(out)).toEqual({
      error: { code: "BAD_FILE", message: error.trimEnd().replace("xbc inspect: ", "") },
    });
  });

  test("a bad number is 2 and names its option", async () => {
    const { code, error } = await xbc("evaluate", shop.path("model.xbi"), "--trials", "0");
    expect(code).toBe(2);
    expect(error).toMatch(/^xbc evaluate: option --trials <count>: found '0'.*\n$/);
  });

  test("a reader that goes away ends it quietly", async () => {
    const child = start("targets", "2t2r", "--json");
    const end = ended(child);
    child.stdout?.destroy();
    expect(await end).toMatchObject({ code: 0, error: "" });
  });

  test.skipIf(!existsSync("/dev/full"))(
    "stdout that takes nothing ends it with 1 and one line",
    async () => {
      for (const more of [[], ["--json"]]) {
        const full = openSync("/dev/full", "w");
        const child = spawn(process.execPath, [main, "targets", "2t2r", ...more], {
          stdio: ["ignore", full, "pipe"],
        });
        const { code, error } = await ended(child);
        closeSync(full);
        expect(code).toBe(1);
        expect(error).toMatch(
          /^xbc: standard output: needs a place to write to, found no space left on the device;.*\n$/,
        );
      }
    },
  );

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s ends it with %i and leaves nothing half written", async (signal, expected) => {
    const size = 1500;
    const weights = floats(
      [size, size],
      Array.from({ length: size * size }, (_, k) => ((k * 7919) % 13 < 6 ? 1 : -1)),
    );
    const model = buildModel({
      inputs: { x: ["float32", ["n", size]] },
      outputs: { y: ["float32", ["n", size]] },
      constants: {
        half: floats([], [0.5]),
        one: floats([], [1]),
        minus: floats([], [-1]),
        w: weights,
      },
      nodes: [
        ["GreaterOrEqual", ["x", "half"], ["lit"]],
        ["Where", ["lit", "one", "minus"], ["code"]],
        ["MatMul", ["code", "w"], ["y"], {}, "fc"],
      ],
    });
    writeFileSync(shop.path("large.onnx"), model);
    const before = readdirSync(shop.path("."));
    const child = start(
      "compile",
      shop.path("large.onnx"),
      "--target",
      "2t2r",
      "-o",
      shop.path(`${signal}.xbi`),
    );
    const end = ended(child);
    // as soon as something appears beside the model, it is being written
    while (child.exitCode === null && readdirSync(shop.path(".")).length === before.length) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    child.kill(signal);
    expect((await end).code).toBe(expected);
    expect(readdirSync(shop.path("."))).toEqual(before);
  });
});
