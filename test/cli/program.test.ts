import { existsSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { call } from "./call.ts";
import { type Workshop, workshop } from "./small-model.ts";

let shop: Workshop;
beforeAll(async () => {
  shop = await workshop();
  const { model, image } = { model: shop.path("model.onnx"), image: shop.path("model.xbi") };
  await call("compile", model, "--target", "2t2r", "-o", image, "--quiet");
});
afterAll(() => shop.remove());

const on = (command: string, ...more: readonly string[]) =>
  call(command, shop.path("model.xbi"), ...more);

test("program writes a die that run, evaluate and verify take", async () => {
  const die = shop.path("die.npz");
  const made = await on("program", "--condition", "h6", "--stuck", "0.05", "-o", die, "--json");
  expect(made.code, made.error).toBe(0);
  expect(existsSync(die)).toBe(true);
  const report = JSON.parse(made.out);
  expect([report.routine, report.cells, report.iterations]).toEqual(["once", 360, 360]);
  expect(report.failed.length).toBe(report.failures);

  const data = shop.path("data.npz");
  const evaluated = await on("evaluate", "--data", data, "--die", die, "--noise", "none", "--json");
  expect(evaluated.code, evaluated.error).toBe(0);
  expect(JSON.parse(evaluated.out).noise.map((use: { model: string }) => use.model)).toEqual([
    "die",
  ]);

  const map = shop.path("map.npz");
  const verified = await on(
    "verify",
    "--readback",
    die,
    "--condition",
    "h6",
    "--map",
    map,
    "--json",
  );
  expect(verified.code).toBe(3);
  const { readback } = JSON.parse(verified.out);
  expect(readback.wrong).toBeGreaterThan(0);
  expect(readback.worst).toHaveLength(readback.wrong);
  expect(existsSync(map)).toBe(true);
});

test("what cannot be is refused before any work", async () => {
  expect((await on("program", "--routine", "clever")).code).toBe(2);
  expect((await on("program", "--stuck", "2")).code).toBe(2);
  expect((await on("program", "--at", "1h")).error).toMatch(/noise changes with time/);
  expect((await on("verify", "--map", "m.npz")).code).toBe(2);
  const other = await on("verify", "--readback", shop.path("data.npz"));
  expect([other.code, other.error]).toEqual([1, expect.stringMatching(/fc1\.conductance_S/)]);
});
