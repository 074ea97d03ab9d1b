import type { NoiseModel, NoiseUse } from "../compiler/define.ts";
import { XbcError } from "../compiler/errors.ts";
import { noiseModels } from "./noise/all.generated.ts";

/** A noise model with the parameters that it runs with. */
export interface BoundNoise {
  readonly model: NoiseModel;
  readonly parameters: NoiseUse["parameters"];
}

/** The effects of a cell's life, in its order; those that are switched off run without their own effect. */
export interface NoiseChain {
  readonly store: readonly BoundNoise[];
  readonly program: BoundNoise | null;
  readonly age: readonly BoundNoise[];
  readonly read: BoundNoise | null;
  /** every effect of a read; analog read-outs take them all */
  readonly reads: readonly BoundNoise[];
  /** the effects that are on */
  readonly active: readonly NoiseUse[];
}

/** `none`, `all`, or the names of the models that are on. */
export type NoiseChoice = "none" | "all" | readonly string[];

export const quiet: NoiseChain = {
  store: [],
  program: null,
  age: [],
  read: null,
  reads: [],
  active: [],
};

/** @throws BAD_OPTION listing what there is */
export function noiseModelNamed(name: string): NoiseModel {
  const found = noiseModels.find((model) => model.name === name);
  if (found) return found;
  throw new XbcError(
    "BAD_OPTION",
    `noise ${name}: needs one of ${noiseModels.map((model) => model.name).join(", ")}`,
  );
}

/**
 * The chain of an image's noise, with the chosen effects on.
 * @throws BAD_OPTION if a chosen effect is not among the image's
 */
export function chainOf(uses: readonly NoiseUse[], choice: NoiseChoice): NoiseChain {
  const names = uses.map((use) => use.model);
  const on = choice === "all" ? names : choice === "none" ? [] : choice;
  const strange = on.find((name) => !names.includes(name));
  if (strange !== undefined) {
    throw new XbcError(
      "BAD_OPTION",
      `--noise ${strange}: needs effects of the image (${names.join(", ")}), none or all`,
    );
  }
  const active = uses.filter((use) => on.includes(use.model));
  if (active.length === 0) return quiet;
  const bound = uses.map((use): BoundNoise => {
    const model = noiseModelNamed(use.model);
    const isOn = on.includes(use.model);
    return {
      model,
      parameters: isOn ? use.parameters : (model.ideal?.(use.parameters) ?? use.parameters),
    };
  });
  const acting = (acts: NoiseModel["acts"]) => bound.filter(({ model }) => model.acts === acts);
  const stores = acting("store").filter(({ model }) => on.includes(model.name));
  const analog = active.some((use) => noiseModelNamed(use.model).acts !== "store");
  if (!analog) return { ...quiet, store: stores, active };
  return {
    store: stores,
    program: acting("program")[0] ?? null,
    age: acting("age"),
    read: acting("read")[0] ?? null,
    reads: acting("read"),
    active,
  };
}
