import { XbcError } from "../compiler/errors.ts";
import type { ShardReport } from "../runtime/report/merge.ts";

/**
 * The document of `evaluate --shard i/n --json`.
 * @throws BAD_FILE if it is no JSON, or no shard
 */
export function parseShard(text: string, path: string): ShardReport {
  const document = parse(text, path);
  if (isShard(document)) return document;
  throw new XbcError(
    "BAD_FILE",
    `${path}: needs what xbc evaluate --shard i/n --json prints, found another document; give the documents of all shards`,
  );
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new XbcError(
      "BAD_FILE",
      `${path}: needs a JSON document, found something else; redirect --json of a shard to it`,
    );
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isNumber = (value: unknown): value is number => typeof value === "number";

const hasNumbers = (value: unknown, ...names: readonly string[]): boolean =>
  isObject(value) && names.every((name) => isNumber(value[name]));

const isList = (value: unknown, accept: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(accept);

const isTrials = (value: unknown): boolean =>
  value === null ||
  (isObject(value) &&
    hasNumbers(value, "mean", "std", "trials") &&
    typeof value.condition === "string" &&
    isList(value.perTrial, isNumber));

/** Every field that merging reads. */
function isShard(value: unknown): value is ShardReport {
  if (!isObject(value)) return false;
  return (
    hasNumbers(value.shard, "index", "count", "firstTrial") &&
    hasNumbers(value, "samples", "seed", "interval_s", "latency_s") &&
    typeof value.metric === "string" &&
    hasNumbers(value.mapped, "accuracy") &&
    hasNumbers(value.energy, "perInference_J", "synapsesRead") &&
    isTrials(value.noisy) &&
    isTrials(value.weak) &&
    isList(
      value.ablation,
      (item) => hasNumbers(item, "mean", "std") && isObject(item) && Array.isArray(item.effects),
    ) &&
    isList(value.overTime, (item) => hasNumbers(item, "elapsed_s", "mean", "std")) &&
    isList(value.overBer, (item) => hasNumbers(item, "mean", "std", "trials")) &&
    isList(
      value.layers,
      (item) =>
        isObject(item) &&
        hasNumbers(item, "weightErrorRate") &&
        hasNumbers(item.errorTypes, "type1", "type2", "type3"),
    ) &&
    Array.isArray(value.noise) &&
    Array.isArray(value.assumptions)
  );
}
