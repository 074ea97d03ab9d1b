/** The cases: number k of a seed is always the same one. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { shared } from "../support/shared.ts";
import { bombs } from "./bombs.ts";
import type { FuzzCase } from "./case.ts";
import { type Dice, diceOf } from "./dice.ts";
import { imageMutations } from "./image-mutations.ts";
import { modelMutations } from "./model-mutations.ts";
import { type Subject, subjects } from "./subjects.ts";

/** The images that are damaged: compiled from these subjects before the cases run. */
export const imageSubjects = [
  "binary",
  "ternary",
  "batch-norm",
  "residual",
  "convolution",
  "mnist-binary",
] as const;

export type Images = ReadonlyMap<string, Uint8Array>;

const sound = (subject: Subject): FuzzCase => ({
  title: `${subject.name}, as it is`,
  kind: "model",
  file: subject.model,
  beside: subject.files,
  options: subject.options,
  mustFail: false,
});

/** Models with a fixed fault or an absurd wish, and real files from elsewhere where they are present. */
export function fixedCases(): readonly FuzzCase[] {
  const plain = (title: string, file: Uint8Array): FuzzCase => ({
    title,
    kind: "model",
    file,
    beside: new Map(),
    options: [],
    mustFail: false,
  });
  const odd = shared("models/odd");
  const files = odd === null ? [] : readdirSync(odd).filter((name) => name.endsWith(".onnx"));
  return [
    ...subjects.map(sound),
    ...bombs.map(({ name, model }) => plain(name, model)),
    ...files.map((name) => plain(`odd/${name}`, readFileSync(join(odd ?? "", name)))),
    ...otherFiles().map(([title, file]) => plain(title, file)),
  ];
}

/** Files that are no model at all. */
function otherFiles(): readonly (readonly [string, Uint8Array])[] {
  const text = (value: string) => new TextEncoder().encode(value);
  return [
    ["an empty file", new Uint8Array()],
    ["a megabyte of zeros", new Uint8Array(2 ** 20)],
    ["a megabyte of ones", new Uint8Array(2 ** 20).fill(255)],
    ["a web page", text("<!DOCTYPE html><html></html>")],
    ["groups that never end", new Uint8Array(2 ** 20).fill(0x0b)],
    ["graphs in graphs", new Uint8Array(2 ** 20).fill(0x3a)],
    ["60 graphs deep", nested(60)],
    ["5000 graphs deep", nested(5000)],
  ];
}

/** A graph within an attribute of a node of a graph …: fields 6, 5 and 1 of ONNX's messages, in field 7 of the model. */
function nested(depth: number): Uint8Array {
  const head: number[] = [];
  let length = 0;
  const wrap = (field: number): void => {
    const size: number[] = [];
    for (let rest = length; size.length === 0 || rest > 0; rest >>>= 7)
      size.push((rest & 127) | (rest > 127 ? 128 : 0));
    // outermost last: the bytes are turned round at the end
    head.push(...size.reverse(), (field << 3) | 2);
    length += size.length + 1;
  };
  for (let k = 0; k < depth; k++) for (const field of [6, 5, 1]) wrap(field);
  wrap(7);
  return Uint8Array.from(head.reverse());
}

/** A damaged model, or a damaged image for two cases in five. */
export async function drawnCase(seed: number, index: number, images: Images): Promise<FuzzCase> {
  const dice = diceOf(seed, index);
  const title = `seed ${seed}, case ${index}`;
  return index % 5 < 2 && images.size > 0
    ? imageCase(title, dice, index, images)
    : modelCase(title, dice, index);
}

function modelCase(title: string, dice: Dice, index: number): FuzzCase {
  // large ones seldom: they teach the same, more slowly
  const large = subjects.filter(({ model }) => model.length > 50_000);
  const small = subjects.filter(({ model }) => model.length <= 50_000);
  for (let attempt = 0; ; attempt++) {
    const subject = dice.pick(dice.below(20) === 0 ? large : small);
    const mutation = modelMutations[(index + attempt * 7) % modelMutations.length];
    const damaged = mutation.apply(subject, dice);
    if (damaged === null) continue;
    return {
      title: `${title}: ${subject.name}, ${mutation.name}`,
      kind: "model",
      file: damaged.model,
      beside: new Map([...subject.files, ...(damaged.beside ?? [])]),
      options: subject.options,
      mustFail: damaged.mustFail ?? false,
    };
  }
}

async function imageCase(
  title: string,
  dice: Dice,
  index: number,
  images: Images,
): Promise<FuzzCase> {
  const [name, bytes] = dice.pick([...images]);
  const mutation = imageMutations[Math.floor(index / 2) % imageMutations.length];
  const file = await mutation.apply(bytes, dice);
  return {
    title: `${title}: image of ${name}, ${mutation.name}`,
    kind: "image",
    file,
    beside: new Map(),
    options: dice.pick([
      ["inspect"],
      ["inspect", "--hash"],
      ["verify", "--threads", "1"],
      ["export", "--format", "npz", "-o", "OUT"],
      ["export", "--format", "onnx", "-o", "OUT"],
    ]),
    // a draw may put back what was there
    mustFail: mutation.mustFail && Buffer.compare(file, bytes) !== 0,
  };
}
