/**
 * A heartbeat classifier on two 32 x 32 arrays of multilevel RRAM, fresh and after two months:
 *   npm run example:ecg                         drawn feature vectors, since beats of patients do not ship
 *   npm run example:ecg -- runs/ecg/beat-wise-16.test.npz    features of real beats, as train.py and export.py leave them
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readDataset } from "../../cli/data.ts";
import type { Statistics } from "./story.ts";
import { drawnBeats, tellStory } from "./story.ts";

const bytes = (name: string) => readFileSync(fileURLToPath(new URL(name, import.meta.url)));
const statistics = JSON.parse(bytes("statistics.json").toString("utf8")) as Statistics;
const names = statistics.classes.map(({ name }) => name);
const path = process.argv[2];
const data = path === undefined ? null : await readDataset(path);
const beats = data?.y ? { x: data.x, y: data.y } : drawnBeats(statistics, 2000);
const what = data?.y
  ? `${beats.y.data.length} beats of ${path}`
  : "2000 feature vectors drawn from the statistics of each class, not beats of a heart: accuracy on real ones differs";

process.stdout.write(`${what}\n${await tellStory(bytes("beat-wise-16.onnx"), beats, names, 3)}\n`);
