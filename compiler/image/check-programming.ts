import type { ProgrammingImage } from "../ir/image.ts";
import { levelsOf } from "../ir/network.ts";
import type { Need } from "./check-range.ts";

/** A level of each cell that a weight may hold is described, so that pulses can be listed. */
export function checkProgramming(image: ProgrammingImage, need: Need): void {
  const { levels, routines } = image.programming;
  for (const { name, range } of levels) {
    const { low_S, aim_S, high_S } = range;
    const ascends = low_S <= aim_S && aim_S <= high_S;
    need(ascends, `level ${name}`, "a range around its aim", `${low_S}, ${aim_S}, ${high_S} S`);
  }
  const names = routines.map(({ name }) => name);
  need(new Set(names).size === names.length, "routines", "names of their own", names);
  const described = new Set(levels.map(({ level }) => level));
  for (const { name, patterns } of image.encodings) {
    for (const pattern of patterns) {
      for (const level of pattern)
        need(
          described.has(level),
          `encoding ${name}`,
          "every level to be programmed",
          `none for level ${level}`,
        );
    }
  }
  for (const layer of image.layers) {
    if (layer.kind !== "matrix" || layer.presentation.kind !== "planes") continue;
    const { significances } = layer.presentation;
    need(
      levelsOf(layer.activations) <= 2 ** 16 && significances.length > 0,
      `layer ${layer.id}`,
      "planes of its codes",
      significances,
    );
  }
}

/** Currents by level are of every level that a cell may hold, and of word lines that inputs run on. */
export function checkCosts(
  { costModel, encodings, placements }: ProgrammingImage,
  need: Need,
): void {
  const { read } = costModel;
  if (read.kind !== "by-current") return;
  const levels = Math.max(...encodings.map(({ levelValues }) => levelValues.length));
  for (const currents of [read.currents_A, read.halfSelected_A])
    need(currents.length >= levels, "cost model", `currents of ${levels} levels`, currents.length);
  for (const { layer, configuration } of placements)
    need(
      configuration === "gated",
      `layer ${layer}`,
      "inputs on word lines, where reads cost by current",
      configuration,
    );
}
