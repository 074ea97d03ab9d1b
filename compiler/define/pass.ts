import { internal } from "../errors.ts";
import type { Graph } from "../ir/graph.ts";
import type { MappedNetwork } from "../ir/mapping.ts";
import type { QuantizedNetwork } from "../ir/network.ts";
import type { Schedule } from "../ir/schedule.ts";
import type { FloatExecutor } from "./float-executor.ts";
import type { CompileOptions } from "./options.ts";
import type { TargetSpec } from "./target.ts";

export interface Stages {
  readonly graph: Graph;
  readonly network: QuantizedNetwork;
  readonly mapped: MappedNetwork;
  readonly schedule: Schedule;
}

/** What a pass may ask beside its input: options of the whole compilation, the target, the executor. */
export interface PassContext {
  readonly target: TargetSpec;
  readonly executor: FloatExecutor;
  readonly options: CompileOptions;
  readonly warn: (message: string) => void;
  readonly assume: (message: string) => void;
  readonly progress: (stage: string, done: number, total: number) => void;
}

type StageName = keyof Stages;

type Stage = Stages[StageName];

/** A pass as the recipe holds it: a pure function from one stage to a stage. */
export interface Pass {
  readonly name: string;
  readonly summary: string;
  readonly from: StageName;
  readonly to: StageName;
  /** `exact`: evaluations before and after agree bit for bit; the laws compare them */
  readonly meaning: "exact" | "approximate";
  readonly run: (input: Stage, context: PassContext) => Promise<Stage>;
}

/** A pass as its file writes it, with the types of its stages. */
export interface PassDefinition<From extends StageName, To extends StageName>
  extends Omit<Pass, "run"> {
  readonly from: From;
  readonly to: To;
  readonly run: (input: Stages[From], context: PassContext) => Promise<Stages[To]>;
}

/** @throws INTERNAL if the pass is handed another stage than it takes */
export function definePass<From extends StageName, To extends StageName>(
  pass: PassDefinition<From, To>,
): Pass {
  return {
    ...pass,
    run: async (input, context) => {
      if (!isStage(pass.from, input))
        throw internal(`pass ${pass.name}`, `was not handed a ${pass.from}`);
      return pass.run(input, context);
    },
  };
}

const ownField: Readonly<Record<StageName, string>> = {
  graph: "nodes",
  network: "weights",
  mapped: "placements",
  schedule: "steps",
};

function isStage<K extends StageName>(name: K, value: Stage): value is Stages[K] {
  return ownField[name] in value;
}
