/**
 * Runs ONNX's own backend tests (Debian's package libonnx-testdata) through import, and those with a constant-weight matrix
 * operator through compile, run and compare on every target:
 *
 *   npm run nodes             writes docs/nodes.md
 *   node --import ./test/bench/typescript.mjs test/bench/nodes.ts [FOLDER] [--only WORD] [--target T[,T…]]
 */
import { parseArgs } from "node:util";
import type { ImportedAnswer, Outcome } from "../support/node-tests.ts";
import {
  importedAnswer,
  importNodeTest,
  nodeTestNames,
  nodeTestRoot,
  outcomeOn,
  weightedTest,
} from "../support/node-tests.ts";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    target: { type: "string", default: "2t2r,1s1r,pcm-1t1r,rram-1t1r" },
    only: { type: "string", default: "" },
  },
});
const [root = nodeTestRoot] = positionals;
const targets = flags.target.split(",");

const names = nodeTestNames(root).filter((name) => name.includes(flags.only));
const refusedImports = new Map<string, string[]>();
const rows: {
  readonly name: string;
  readonly ops: string;
  readonly outcomes: readonly Outcome[];
}[] = [];
const answers: Record<ImportedAnswer, string[]> = {
  "as told": [],
  "not run": [],
  "not told": [],
  differs: [],
};
for (const name of names) {
  const { graph, refused } = importNodeTest(name, root);
  if (!graph) {
    const reason = refused
      .replace(/^node "[^"]*"( \([^)]*\))?: /, "")
      .replace(/[“"][^”"]*[”"]/g, "…");
    refusedImports.set(reason, [...(refusedImports.get(reason) ?? []), name]);
    continue;
  }
  answers[await importedAnswer(name, graph, root)].push(name);
  const test = weightedTest(name, graph, root);
  if (!test) continue;
  const outcomes: Outcome[] = [];
  for (const target of targets) outcomes.push(await outcomeOn(test, target));
  rows.push({ name, ops: test.ops.join(", "), outcomes });
  process.stderr.write(`${name}\n`);
}

/** Bit for bit, or within the tolerance of operators that executors round in their own way. */
const isBitwise = ({ equality }: Outcome) =>
  equality?.passed === true && !equality.detail.includes("round by executor");
const cell = (outcome: Outcome): string => {
  const { how, equality, cosine } = outcome;
  if (how === null) return "refused";
  const exact = isBitwise(outcome) ? "equal" : equality?.passed ? "near" : "differs";
  return `${exact}${cosine === null ? "" : `, ${cosine.toFixed(4)}`}`;
};
const all = rows.flatMap(({ outcomes }) => outcomes);
const ran = all.filter(({ how }) => how !== null);
const equal = ran.filter(({ equality }) => equality?.passed);
const bitwise = ran.filter(isBitwise);
const near = ran.filter(({ cosine }) => cosine !== null && cosine >= 0.997);
const known = ran.filter(({ cosine }) => cosine !== null);

const imported = Object.values(answers).flat().length;
const listed = (tests: readonly string[]) => (tests.length > 0 ? ` (${tests.join(", ")})` : "");

console.log(`# ONNX's own backend tests

Made by \`npm run nodes\` from Debian's package \`libonnx-testdata\`: ${names.length} tests, of which ${imported} are imported.
${answers["as told"].length} of these graphs, run by onnxruntime, give what their test tells, to 1e-4; ${answers["not run"].length} are not run by onnxruntime, as
their own files are not (training, text, types without kernels); ${answers["not told"].length} give other numbers as their own files do (random
numbers, older definitions); ${answers.differs.length} differ from what their own files give${listed(answers.differs)}.

Those with a matrix operator get the weights that they hand in as constants, and are compiled as they are, else with weights and
activations rounded to int8 over the test's own input; the image is run without noise and compared with onnxruntime on the exported network
as \`xbc verify\` does (*equal*: bit for bit; *near*: within 1e-4 of the largest, where an operator of floats stands behind
that executors round in their own way), and by cosine with the test's outputs.

${rows.length} tests on ${targets.length} targets: ${ran.length} of ${all.length} compile, ${equal.length} of these equal their export,
${bitwise.length} bit for bit; ${near.length} of ${known.length} with known outputs reach a cosine of 0.997.

| test | operators | ${targets.join(" | ")} |
|---|---|${targets.map(() => "---|").join("")}`);
for (const { name, ops, outcomes } of rows)
  console.log(`| ${name} | ${ops} | ${outcomes.map(cell).join(" | ")} |`);

console.log("\n## Refused with a matrix operator\n");
const reasons = new Map<string, string[]>();
for (const { name, outcomes } of rows) {
  outcomes.forEach(({ how, refused }, k) => {
    if (how === null)
      reasons.set(refused, [...(reasons.get(refused) ?? []), `${name} (${targets[k]})`]);
  });
}
for (const [reason, tests] of reasons) console.log(`- ${reason}\n  ${tests.join(", ")}`);
if (reasons.size === 0) console.log("None.");

console.log(`\n## Not imported (${names.length - imported})\n`);
for (const [reason, tests] of [...refusedImports].sort((a, b) => b[1].length - a[1].length))
  console.log(
    `- ${tests.length}: ${reason} (${tests.slice(0, 3).join(", ")}${tests.length > 3 ? ", …" : ""})`,
  );
process.exit(0);
