/**
 * The tables of this example's README, on the features of real beats that train.py and export.py leave in runs/ecg:
 *   npm run example:ecg-tables -- levels | time | presentations | layouts | tail | scores | programming   [dies] [beats]
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readDataset } from "../../cli/data.ts";
import type { ProgrammingImage } from "../../index.ts";
import { applySettings, compile, program, targetNamed, tensor } from "../../index.ts";
import type { Beats, Scores } from "./story.ts";
import { compileEcg, scoresAt } from "./story.ts";

const [what = "scores", dies = "20", most = "4000"] = process.argv.slice(2);
const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const model = (name: string) => readFileSync(at(`${name}.onnx`));
const print = (...cells: readonly (string | number)[]) =>
  process.stdout.write(`| ${cells.join(" | ")} |\n`);
const percent = (share: number) => (100 * share).toFixed(2);

async function testBeats(name: string, limit = Number(most)): Promise<Beats> {
  const { x, y } = await readDataset(at(`../../runs/ecg/${name}.test.npz`));
  if (!y) throw new Error(`${name}: no labels`);
  // every k-th beat, since they stand patient by patient
  const step = Math.max(1, Math.floor(x.shape[0] / limit));
  const pick = Array.from({ length: Math.floor(x.shape[0] / step) }, (_, k) => k * step);
  const rows = new Float32Array(pick.length * 32);
  const features = Float32Array.from(x.data, Number);
  pick.forEach((s, k) => {
    rows.set(features.subarray(s * 32, (s + 1) * 32), k * 32);
  });
  return {
    x: tensor("float32", [pick.length, 32], rows),
    y: tensor(
      "uint8",
      [pick.length],
      Uint8Array.from(pick, (s) => Number(y.data[s])),
    ),
  };
}

/** Mean and spread of accuracy, mean macro-F1, over drawn dies. */
async function over(image: ProgrammingImage, beats: Beats, elapsed_s: number) {
  const all: Scores[] = [];
  for (let trial = 0; trial < Number(dies); trial++)
    all.push(await scoresAt(image, beats, trial, elapsed_s));
  const mean = (of: (s: Scores) => number) => all.reduce((sum, s) => sum + of(s), 0) / all.length;
  const accuracy = mean((s) => s.accuracy);
  const spread = Math.sqrt(
    all.reduce((sum, s) => sum + (s.accuracy - accuracy) ** 2, 0) / Math.max(1, all.length - 1),
  );
  return {
    accuracy,
    spread,
    macroF1: mean((s) => s.macroF1),
    worst: Math.min(...all.map((s) => s.accuracy)),
  };
}

const told = ({ accuracy, spread, macroF1 }: Awaited<ReturnType<typeof over>>) =>
  `${percent(accuracy)} ± ${percent(spread)}, ${macroF1.toFixed(3)}`;

const times = [1, 60, 3600, 6 * 3600, 86400, 7 * 86400, 60 * 86400];

const tables: Readonly<Record<string, () => Promise<void>>> = {
  levels: async () => {
    const beats = await testBeats("beat-wise-16");
    print("levels", "no noise", "smart, 1 min", "standard, 1 min");
    for (const levels of [2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16]) {
      const smart = await compileEcg(model("beat-wise-16"), { levels });
      const standard = await compileEcg(model("beat-wise-16"), { levels, condition: "standard" });
      const clean = await scoresAt(smart, beats, 0, 60, "none");
      print(
        levels,
        `${percent(clean.accuracy)}, ${clean.macroF1.toFixed(3)}`,
        told(await over(smart, beats, 60)),
        told(await over(standard, beats, 60)),
      );
    }
  },
  time: async () => {
    print(
      "hidden",
      "routine",
      "1 s",
      "1 min",
      "1 h",
      "6 h",
      "1 d",
      "7 d",
      "60 d",
      "worst die at 60 d",
    );
    for (const hidden of [16, 64, 256]) {
      const beats = await testBeats(`beat-wise-${hidden}`);
      for (const condition of ["standard", "smart"]) {
        const image = await compileEcg(model(`beat-wise-${hidden}`), { condition });
        const cells: string[] = [];
        let worst = 0;
        for (const elapsed of times) {
          const found = await over(image, beats, elapsed);
          cells.push(`${percent(found.accuracy)} (${found.macroF1.toFixed(3)})`);
          worst = found.worst;
        }
        print(hidden, condition, ...cells, percent(worst));
      }
    }
  },
  presentations: async () => {
    const beats = await testBeats("beat-wise-16", 20201);
    print("N", "accuracy", "macro-F1");
    for (const presentations of [1, 2, 4, 8, 16, 32, 64]) {
      const image = await compileEcg(model("beat-wise-16"), { presentations });
      const clean = await scoresAt(image, beats, 0, 60, "none");
      print(presentations, percent(clean.accuracy), clean.macroF1.toFixed(3));
    }
  },
  layouts: async () => {
    const beats = await testBeats("beat-wise-16");
    print("aims", "pairs", "codes", "no noise", "smart, 60 d", "standard, 60 d");
    const { technology } = targetNamed("rram-1t1r");
    for (const levelLayout of ["equal-centres", "spread"]) {
      for (const pairs of ["low-conductance", "any"]) {
        const target = {
          ...technology,
          conventions: { ...technology.conventions, levelLayout, pairs },
        };
        const made = (condition: string) =>
          compile(model("beat-wise-16"), {
            ...{ target, condition, inputEncoding: "stochastic:16", weightRange: "mse" },
          });
        const smart = await made("smart");
        const clean = await scoresAt(smart, beats, 0, 60, "none");
        print(
          levelLayout,
          pairs,
          smart.encodings[0].alphabet.levels.length,
          percent(clean.accuracy),
          told(await over(smart, beats, 60 * 86400)),
          told(await over(await made("standard"), beats, 60 * 86400)),
        );
      }
    }
  },
  tail: async () => {
    const beats = await testBeats("beat-wise-16");
    print("s", "λ", "routine", ...["1 min", "1 h", "6 h", "1 d", "60 d"]);
    for (const [scale, tail] of [
      ["1.73uS", "0.364"],
      ["1.33uS", "1"],
    ]) {
      const settings = [`relaxationScale=${scale}`, `relaxationTail=${tail}`];
      const target = applySettings(targetNamed("rram-1t1r").technology, settings);
      for (const condition of ["standard", "smart"]) {
        const image = await compile(model("beat-wise-16"), {
          ...{ target, condition, inputEncoding: "stochastic:16", weightRange: "mse" },
        });
        const cells: string[] = [];
        for (const elapsed of [60, 3600, 6 * 3600, 86400, 60 * 86400])
          cells.push(told(await over(image, beats, elapsed)));
        print(scale, tail, condition, ...cells);
      }
    }
  },
  scores: async () => {
    print("split", "beats", "majority", "accuracy", "macro-F1", "recall N", "L", "R", "V", "paced");
    for (const name of ["inter-patient-16", "beat-wise-16"]) {
      const beats = await testBeats(name, 1e9);
      const image = await compileEcg(model(name));
      const clean = await scoresAt(image, beats, 0, 60, "none");
      print(
        name,
        beats.y.data.length,
        percent(clean.majority),
        percent(clean.accuracy),
        clean.macroF1.toFixed(3),
        ...clean.recall.map((share) => percent(share)),
      );
    }
  },
  programming: async () => {
    print(
      "routine",
      "iterations a cell",
      "rounds",
      "pulses",
      "waits",
      "energy of pulses",
      "in range at 60 s",
    );
    for (const condition of ["standard", "smart", "retest"]) {
      const image = await compileEcg(model("beat-wise-256"), { condition });
      const { report } = await program(image, { elapsed_s: 60 });
      const { time_s, energy_J } = report;
      print(
        condition,
        report.iterationsPerCell.toFixed(3),
        report.rounds,
        `${(1e3 * time_s.pulses).toFixed(1)} ms`,
        `${(time_s.waits ?? 0).toFixed(0)} s`,
        `${(1e6 * energy_J.pulses).toFixed(2)} µJ`,
        `${percent(report.inRange)} %`,
      );
    }
  },
};

const table = tables[what];
if (!table) throw new Error(`needs one of ${Object.keys(tables).join(", ")}, found ${what}`);
await table();
