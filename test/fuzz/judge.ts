/** Lays a case out in a folder, runs it, and says what is wrong with what came of it. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { FuzzCase } from "./case.ts";
import { mostBytes, mostSeconds, type Outcome } from "./guard.ts";

export type Run = (argv: readonly string[]) => Promise<Outcome>;

export interface Verdict {
  readonly title: string;
  /** of the first command: 0 or 1 where all is well */
  readonly code: number | null;
  /** empty: all is well */
  readonly faults: readonly string[];
  readonly error: string;
  readonly stack: string;
  readonly seconds: number;
  readonly peak: number;
}

/** What a refusal must name beside the file: a place in it. */
const place =
  /\b(node|layer|initializer|value|input|inputs|output|outputs|entry|offset|byte|attribute|function|graph|opset_import|ir_version|manifest\.json|directory|buffer|encoding|schedule|tensor|model|external data|placement|pass|ZIP)\b/;

export async function judge(fuzzed: FuzzCase, run: Run): Promise<Verdict> {
  const folder = mkdtempSync(join(tmpdir(), "xbc-fuzz-"));
  try {
    return await judgeIn(folder, fuzzed, run);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function judgeIn(folder: string, fuzzed: FuzzCase, run: Run): Promise<Verdict> {
  const name = fuzzed.kind === "model" ? "case.onnx" : "case.xbi";
  const [file, output] = [join(folder, name), join(folder, "out")];
  writeFileSync(file, fuzzed.file);
  for (const [path, content] of fuzzed.beside) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    if (content instanceof Uint8Array) writeFileSync(join(folder, path), content);
    else symlinkSync(content.link, join(folder, path));
  }
  const before = readdirSync(folder);
  const argv =
    fuzzed.kind === "model"
      ? ["compile", file, "--target", "2t2r", "-o", output, ...fuzzed.options]
      : withFile(fuzzed.options, file, output);
  const first = await run(argv);
  const faults = [...limitFaults(first), ...(first.code === 0 ? [] : refusalFaults(first, name))];
  if (first.code === 0 && fuzzed.mustFail) faults.push("was taken, though it must be refused");
  const left = readdirSync(folder).filter((entry) => !before.includes(entry));
  if (first.code !== 0 && left.length > 0) faults.push(`left ${left.join(", ")} behind`);
  if (left.some((entry) => entry !== "out")) faults.push(`wrote ${left.join(", ")}`);
  if (first.code === 0 && fuzzed.kind === "model")
    faults.push(...(await equalityFaults(output, run)));
  // an image whose hashes were forged may be a sound one of another network
  const allowed =
    fuzzed.kind === "image" && !fuzzed.mustFail && argv[0] === "verify" && first.code === 3;
  return {
    title: fuzzed.title,
    code: first.code,
    faults: allowed ? [] : faults,
    error: first.error.trimEnd(),
    stack: first.stack ?? "",
    seconds: first.seconds,
    peak: first.peak,
  };
}

const withFile = (
  [command, ...options]: readonly string[],
  file: string,
  output: string,
): readonly string[] => [
  command,
  file,
  ...options.map((option) => (option === "OUT" ? output : option)),
];

function limitFaults({ code, seconds, peak, error }: Outcome): string[] {
  const faults: string[] = [];
  if (code === null) faults.push(`was stopped: ${error}`);
  if (seconds > mostSeconds) faults.push(`took ${seconds.toFixed(1)} s`);
  if (peak > mostBytes) faults.push(`held ${Math.round(peak / 2 ** 20)} MiB`);
  return faults;
}

/** A refusal is exit 1, nothing on stdout, and one line on stderr that names the file and a place in it. */
function refusalFaults({ code, out, error }: Outcome, name: string): string[] {
  const faults: string[] = [];
  if (code !== 1) faults.push(`ended with ${code}`);
  if (out !== "") faults.push("printed on stdout");
  const line = error.replace(/\n$/, "");
  if (!/^[^\p{Cc}\p{Cf}\u2028\u2029]+$/u.test(line))
    faults.push("printed more than one plain line on stderr");
  if (line.length > 4000) faults.push(`printed a line of ${line.length} characters`);
  if (!line.includes(name)) faults.push("did not name the file");
  if (!place.test(line.slice(line.indexOf(name) + name.length)))
    faults.push("did not name a place in the file");
  return faults;
}

/** A model that compiles must run as onnxruntime runs the quantized network that its image exports. */
async function equalityFaults(image: string, run: Run): Promise<readonly string[]> {
  if (!existsSync(image)) return ["wrote no image"];
  const found = await run(["verify", image, "--threads", "1", "--quiet"]);
  const faults = limitFaults(found).map((fault) => `verify ${fault}`);
  // a shape that only the batch decides: onnxruntime itself refuses to run it
  const isRefused = found.code === 1 && /onnxruntime-(web|node), running a model/.test(found.error);
  return found.code === 0 || isRefused
    ? faults
    : [...faults, `verify ended with ${found.code}: ${found.error.trim()} ${found.stack ?? ""}`];
}
