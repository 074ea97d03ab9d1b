import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readNpy, writeNpy } from "../../compiler/image/npy.ts";
import { tensor } from "../../compiler/ir/tensor.ts";
import { call, type Outcome } from "./call.ts";
import { type Workshop, workshop } from "./small-model.ts";

let shop: Workshop;
let compiled: Outcome;

beforeAll(async () => {
  shop = await workshop();
  compiled = await compile("model.onnx", "model.xbi", "--json");
  await compile("other.onnx", "other.xbi", "--quiet");
});
afterAll(() => shop.remove());

const compile = (model: string, image: string, ...more: readonly string[]) =>
  call("compile", shop.path(model), "--target", "2t2r", "-o", shop.path(image), ...more);
const onImage = (command: string, ...more: readonly string[]) =>
  call(command, shop.path("model.xbi"), ...more);
const json = ({ out }: Outcome) => JSON.parse(out);

describe("compile", () => {
  test("writes the image and prints one document with the contract's keys", () => {
    expect(compiled.code, compiled.error).toBe(0);
    expect(existsSync(shop.path("model.xbi"))).toBe(true);
    const report = json(compiled);
    for (const key of [
      "image",
      "target",
      "precision",
      "source",
      "layers",
      "bankLimits",
      "totals",
      "accuracy",
      "assumptions",
      "warnings",
    ]) {
      expect(report).toHaveProperty(key);
    }
    expect(report.image).toBe(shop.path("model.xbi"));
    // 33 inputs need two blocks of 32 a block of outputs; 5 inputs one
    expect(
      report.layers.map(
        ({ name, outputs, inputs }: { name: string; outputs: number; inputs: number }) => [
          name,
          outputs,
          inputs,
        ],
      ),
    ).toEqual([
      ["fc1", 5, 33],
      ["fc2", 3, 5],
    ]);
    expect(report.totals.weights).toBe(33 * 5 + 5 * 3);
  });
  test("--quiet prints nothing, no -o writes nothing", async () => {
    const quiet = await compile("model.onnx", "quiet.xbi", "--quiet");
    expect([quiet.code, quiet.out, quiet.error]).toEqual([0, "", ""]);
    const none = await call("compile", shop.path("model.onnx"), "--target", "2t2r");
    expect([none.code, none.out.includes("wrote")]).toEqual([0, false]);
    expect(none.out).toContain("fc1");
  });
  test("--explain says why, and refuses a layer that is not there before it writes", async () => {
    const why = await compile("model.onnx", "why.xbi", "--explain", "fc2");
    expect(why.out).toContain("layer fc2");
    expect(why.out).toContain("bound by");
    const strange = await compile("model.onnx", "strange.xbi", "--explain", "fc9");
    expect(strange.code).toBe(2);
    expect(strange.error).toContain('needs a layer on banks (fc1, fc2), found "fc9"');
    expect(existsSync(shop.path("strange.xbi"))).toBe(false);
  });
  test("a missing model, a model that is none, an unknown target and a bad setting are told apart", async () => {
    const missing = await call("compile", shop.path("absent.onnx"), "--target", "2t2r");
    expect([missing.code, missing.error]).toEqual([
      1,
      expect.stringContaining("absent.onnx: needs a file that can be read, found no such file"),
    ]);
    writeFileSync(shop.path("text.onnx"), "not a model");
    const text = await compile("text.onnx", "x.xbi");
    expect([text.code, text.error]).toEqual([1, expect.stringContaining("text.onnx: ")]);
    const target = await call("compile", shop.path("model.onnx"), "--target", "3t3r");
    expect([target.code, target.error]).toEqual([2, expect.stringContaining("3t3r")]);
    const setting = await compile("model.onnx", "x.xbi", "--set", "setCurrent=2");
    expect([setting.code, setting.error]).toEqual([2, expect.stringContaining("unit")]);
    expect(existsSync(shop.path("x.xbi"))).toBe(false);
  });
  test("takes a device's JSON file, as `targets --json` prints it", async () => {
    const device = json(await call("targets", "2t2r", "--set", "setCurrent=55uA", "--json"));
    writeFileSync(shop.path("mine.json"), JSON.stringify({ ...device, name: "mine" }));
    const { code, out, error } = await call(
      "compile",
      shop.path("model.onnx"),
      "--target",
      shop.path("mine.json"),
      "--json",
    );
    expect(code, error).toBe(0);
    expect(JSON.parse(out).target).toBe("mine");
    writeFileSync(shop.path("broken.json"), '{"name": "mine"');
    const broken = await call(
      "compile",
      shop.path("model.onnx"),
      "--target",
      shop.path("broken.json"),
    );
    expect([broken.code, broken.error]).toEqual([
      1,
      expect.stringContaining("broken.json: needs JSON"),
    ]);
  });
});

describe("run", () => {
  test("writes the numbers that it prints, whether the input is named or not", async () => {
    const printed = json(await onImage("run", "--input", shop.path("x.npy"), "--json"));
    const written = await onImage(
      "run",
      "--input",
      `x=${shop.path("x.npy")}`,
      "-o",
      shop.path("y.npy"),
    );
    expect(written.code, written.error).toBe(0);
    const y = readNpy(readFileSync(shop.path("y.npy")), "y.npy");
    expect(printed.outputs.y.shape).toEqual(y.shape);
    expect(printed.outputs.y.data).toEqual(Array.from(y.data, Number));
    expect(printed.samples).toBe(24);
  });
  test("noise draws another device by seed and trial, and the same one again", async () => {
    const noisy = (...more: readonly string[]) =>
      onImage(
        "run",
        "--input",
        shop.path("x.npy"),
        "--noise",
        "all",
        "--threads",
        "1",
        "--json",
        ...more,
      );
    const [first, again, other] = [
      await noisy("--seed", "3"),
      await noisy("--seed", "3"),
      await noisy("--seed", "4"),
    ];
    expect(json(again)).toEqual(json(first));
    expect(json(other).seed).toBe(4);
  });
  test("refuses noise that the image has not, an input of another name, and another ending", async () => {
    const noise = await onImage("run", "--input", shop.path("x.npy"), "--noise", "drift");
    expect([noise.code, noise.error]).toEqual([2, expect.stringContaining("programming")]);
    const two = await onImage(
      "run",
      "--input",
      `a=${shop.path("x.npy")}`,
      "--input",
      `b=${shop.path("x.npy")}`,
    );
    expect([two.code, two.error]).toEqual([2, expect.stringContaining("write --input x=X.npy")]);
    const ending = await onImage("run", "--input", shop.path("x.npy"), "-o", shop.path("y.csv"));
    expect([ending.code, ending.error]).toEqual([
      2,
      expect.stringContaining("needs a name ending in .npy or .npz"),
    ]);
  });
});

describe("locate", () => {
  test("a weight's cells lead back to the weight", async () => {
    const there = json(
      await onImage("locate", "--layer", "fc1", "--output", "4", "--input", "32", "--json"),
    );
    const [bitLine] = there.bitLines;
    const back = json(
      await onImage(
        "locate",
        "--layer",
        "fc1",
        "--bank",
        String(there.bank),
        "--word-line",
        String(there.wordLine),
        "--bit-line",
        String(bitLine),
        "--json",
      ),
    );
    expect(back.weight).toEqual(there);
    const text = await onImage("locate", "--layer", "fc1", "--output", "4", "--input", "32");
    expect(text.out).toMatch(/SET|RESET/);
  });
  test("half a question is wrong usage, an index that is not there is named", async () => {
    const half = await onImage("locate", "--layer", "fc1", "--output", "4");
    expect([half.code, half.error]).toEqual([
      2,
      expect.stringContaining("found 1 of the first two and 0 of the other three"),
    ]);
    const outside = await onImage("locate", "--layer", "fc1", "--output", "5", "--input", "0");
    expect([outside.code, outside.error]).toEqual([
      2,
      expect.stringContaining("needs output 0 to 4, found 5"),
    ]);
  });
});

describe("diff", () => {
  test("an image differs from itself nowhere, from another in cells and pulses", async () => {
    const same = json(await onImage("diff", shop.path("model.xbi"), "--json"));
    expect([same.same, same.changed]).toEqual([true, 0]);
    const other = await onImage("diff", shop.path("other.xbi"));
    expect(other.out).toMatch(/fc1 +changed/);
    expect(other.out).toMatch(/cells change/);
  });
});

describe("inspect", () => {
  test("shows an image, and its hash is that of another compilation", async () => {
    const { out } = await onImage("inspect");
    expect(out).toContain("xbc-image 1");
    expect(out).toContain("fc2");
    await compile("model.onnx", "stored.xbi", "--store", "--quiet");
    const hashes = await Promise.all(
      ["model.xbi", "stored.xbi"].map((name) => call("inspect", shop.path(name), "--hash")),
    );
    expect(hashes[0].out).toMatch(/^[0-9a-f]{64}\n$/);
    expect(hashes[1].out).toBe(hashes[0].out);
  });
  test("what is neither image nor model has no hash", async () => {
    writeFileSync(shop.path("zeros"), new Uint8Array(100));
    const { code, out, error } = await call("inspect", shop.path("zeros"), "--hash");
    expect([code, out]).toEqual([1, ""]);
    expect(error).toMatch(/zeros: model.*needs an ONNX/);
  });
  test("shows a model, known by its content and not its name", async () => {
    const { out } = await call("inspect", shop.path("model.onnx"));
    expect(out).toContain("x float32 [n x 33]");
    expect(out).toMatch(/fc1 +MatMul +33x5/);
    const document = json(await call("inspect", shop.path("model.onnx"), "--json"));
    expect(document.constants.elements).toBe(33 * 5 + 5 * 3 + 3);
  });
  test("a damaged image is one clear error", async () => {
    const bytes = readFileSync(shop.path("model.xbi"));
    writeFileSync(shop.path("cut.xbi"), bytes.subarray(0, bytes.length - 40));
    const { code, error } = await call("inspect", shop.path("cut.xbi"));
    expect([code, error.split("\n").length]).toEqual([1, 1]);
    expect(error).toContain("xbc inspect: ");
    expect(error).toContain("cut.xbi");
  });
});

describe("export", () => {
  test.each(["npz", "csv", "pulses", "onnx"])("writes %s", async (format) => {
    const { code, out, error } = await onImage(
      "export",
      "--format",
      format,
      "-o",
      shop.path(`out.${format}`),
    );
    expect([code, out], error).toEqual([0, `wrote ${shop.path(`out.${format}`)}\n`]);
    expect(readFileSync(shop.path(`out.${format}`)).length).toBeGreaterThan(0);
  });
  test("writes a folder with a file a layer for readmemh", async () => {
    const { files } = json(
      await onImage("export", "--format", "readmemh", "-o", shop.path("mem"), "--json"),
    );
    expect(files).toEqual(["fc1.mem", "fc2.mem"].map((name) => shop.path(`mem/${name}`)));
  });
  test("refuses a format that it does not write", async () => {
    const { code, error } = await onImage("export", "--format", "gds", "-o", shop.path("x"));
    expect([code, error]).toEqual([2, expect.stringContaining("npz")]);
  });
});

describe("export --format spice", () => {
  const image = () => shop.path("phase-change.xbi");
  const netlist = () => shop.path("bank.cir");
  beforeAll(async () => {
    await call("compile", shop.path("model.onnx"), "--target", "pcm-1t1r", "-o", image());
  });
  test("writes the netlist of one bank's read", async () => {
    const lines = ["--word-lines", "0-2,9", "--bit-lines", "0,1", "--bank", "0"];
    const spice = ["--format", "spice", "--layer", "fc1", "-o", netlist()];
    const { code, error } = await call("export", image(), ...spice, ...lines);
    expect(code, error).toBe(0);
    const text = readFileSync(netlist(), "utf8");
    expect(text).toContain("word lines 0-2, 9 on, bit lines 0-1");
    expect(text).toMatch(/print i\(vb1\)\n\.endc\n\.end\n$/);
  });
  test("its options are refused with other formats, and --trial with it", async () => {
    const csv = await call("export", image(), "--format", "csv", "--bank", "1", "-o", netlist());
    expect([csv.code, csv.error]).toEqual([
      2,
      expect.stringContaining("option --bank: needs --format spice, found csv"),
    ]);
    const trial = ["--format", "spice", "--trial", "0", "-o", netlist()];
    const drawn = await call("export", image(), ...trial);
    expect([drawn.code, drawn.error]).toEqual([2, expect.stringContaining("xbc program -o")]);
    const list = await call(
      "export",
      image(),
      "--format",
      "spice",
      "--word-lines",
      "3-1",
      "-o",
      "x",
    );
    expect([list.code, list.error]).toEqual([2, expect.stringContaining("write 0-31,40")]);
  });
});

describe("verify", () => {
  test("a sound image passes against its model", async () => {
    const { code, out, error } = await onImage(
      "verify",
      "--model",
      shop.path("model.onnx"),
      "--data",
      shop.path("data.npz"),
    );
    expect(code, error).toBe(0);
    expect(out).toContain("all checks passed");
  });
});

describe("evaluate", () => {
  const options = ["--trials", "3", "--no-ablation", "--seed", "1", "--threads", "1", "--json"];
  test("--merge joins shards to the evaluation of all trials", async () => {
    const data = ["--data", shop.path("data.npz"), ...options];
    const whole = json(await onImage("evaluate", ...data));
    for (const part of ["1", "2"]) {
      const shard = await onImage("evaluate", ...data, "--shard", `${part}/2`);
      writeFileSync(shop.path(`shard${part}.json`), shard.out);
    }
    const merged = json(
      await call(
        "evaluate",
        "--merge",
        shop.path("shard2.json"),
        shop.path("shard1.json"),
        "--json",
      ),
    );
    expect(merged.noisy).toEqual(whole.noisy);
    expect(merged.weak).toEqual(whole.weak);
    expect(Object.keys(merged).sort()).toEqual(Object.keys(whole).sort());
  });
  test("--model stands beside as the float baseline, --condition names the noise", async () => {
    const { code, out, error } = await onImage(
      "evaluate",
      "--data",
      shop.path("data.npz"),
      "--model",
      shop.path("model.onnx"),
      "--condition",
      "h6",
      ...options,
    );
    expect(code, error).toBe(0);
    const { baseline, mapped, noisy, weak } = JSON.parse(out);
    // ±1 weights on ±1 activations: mapping changes no decision
    expect(baseline.accuracy).toBe(mapped.accuracy);
    expect([noisy.condition, weak]).toEqual(["h6", null]);
  });
  test("without data, with times that nothing depends on, or with what is no shard, it says what it needs", async () => {
    const nothing = await onImage("evaluate");
    expect([nothing.code, nothing.error]).toEqual([2, expect.stringContaining("needs --data")]);
    const times = await onImage("evaluate", "--data", shop.path("data.npz"), "--at", "1h");
    expect([times.code, times.error]).toEqual([
      2,
      expect.stringContaining("noise changes with time"),
    ]);
    writeFileSync(shop.path("other.json"), '{"samples": 3}');
    const other = await call("evaluate", "--merge", shop.path("other.json"));
    expect([other.code, other.error]).toEqual([
      1,
      expect.stringContaining("other.json: needs what xbc evaluate --shard"),
    ]);
    const many = await onImage(
      "evaluate",
      "--data",
      shop.path("data.npz"),
      "--trials",
      "2",
      "--shard",
      "3/3",
    );
    expect([many.code, many.error]).toEqual([2, expect.stringContaining("--shard")]);
  });
});

describe("targets", () => {
  test("lists the built-in ones, shows one, and prints one that can be edited", async () => {
    expect((await call("targets")).out).toContain("2t2r");
    expect((await call("targets", "2t2r")).out).toContain("setCurrent");
    const device = json(await call("targets", "2t2r", "--json"));
    expect(device.parameters.setCurrent).toMatchObject({ unit: "A", source: "H10" });
  });
});

describe("for every command", () => {
  test("an output that would replace an input is refused, and the input stays", async () => {
    const image = shop.path("model.xbi");
    const before = readFileSync(image);
    for (const argv of [
      ["export", image, "--format", "csv", "-o", image],
      ["export", image, "--format", "onnx", "-o", image],
      ["program", image, "-o", image],
    ]) {
      const refused = await call(...argv);
      expect(refused.code, argv[0]).toBe(2);
      expect(refused.error).toContain("needs a file of its own, found one that the command reads");
    }
    expect(readFileSync(image).equals(before)).toBe(true);
    const x = shop.path("x.npy");
    const inputs = readFileSync(x);
    expect((await call("run", image, "--input", x, "-o", x)).code).toBe(2);
    expect(readFileSync(x).equals(inputs)).toBe(true);
    const model = shop.path("model.onnx");
    expect((await call("compile", model, "--target", "2t2r", "-o", model)).code).toBe(2);
  });

  test("an option of one value is given once, a parameter set once; lists may be given in parts", async () => {
    const twice = await onImage("evaluate", "--seed", "1", "--seed", "2");
    expect([twice.code, twice.error]).toEqual([
      2,
      "xbc evaluate: option --seed <number>: needs one value, found it 2 times; give it once",
    ]);
    const set = ["--set", "setCurrent=55uA", "--set"];
    const same = await call("targets", "2t2r", ...set, "setCurrent=60uA");
    expect([same.code, same.error]).toEqual([2, expect.stringContaining("setCurrent=55uA and")]);
    expect((await call("targets", "2t2r", ...set, "cycles=1e3")).code).toBe(0);
  });

  test("an unknown option or command says where to look", async () => {
    expect((await call("run", "--foo")).error).toBe(
      "xbc run: unknown option '--foo'; --help shows what there is",
    );
  });
});

test("run refuses a name that is no input of the image", async () => {
  const { code, error } = await onImage("run", "--input", `nonsense=${shop.path("x.npy")}`);
  expect([code, error]).toEqual([
    2,
    expect.stringContaining("needs the image's inputs x, found nonsense"),
  ]);
  expect((await onImage("run", "--input", `x=${shop.path("x.npy")}`)).code).toBe(0);
});

test("what stands behind a # is train, or is refused as such", async () => {
  const { code, error } = await onImage("evaluate", "--data", `${shop.path("data.npz")}#foo`);
  expect([code, error]).toEqual([
    1,
    expect.stringContaining("needs #train or nothing behind its name, found #foo"),
  ]);
});

test("readmemh says that a folder is needed where a file is", async () => {
  const { code, error } = await onImage("export", "--format", "readmemh", "-o", shop.path("x.npy"));
  expect([code, error]).toEqual([
    1,
    expect.stringContaining("needs a folder that can be made, found a file of this name; choose"),
  ]);
});

test("export gives the network of one drawn device, for the format that has one", async () => {
  const onnx = shop.path("trial.onnx");
  const argv = ["--format", "onnx", "--trial", "1", "--seed", "2", "-o", onnx];
  const { code, error } = await onImage("export", ...argv);
  expect([code, error]).toEqual([0, expect.stringContaining("stored digits read another value")]);
  expect((await call("inspect", onnx)).code).toBe(0);
  const other = await onImage(
    "export",
    "--format",
    "csv",
    "--trial",
    "1",
    "-o",
    shop.path("t.csv"),
  );
  expect([other.code, other.error]).toEqual([2, expect.stringContaining("needs --format onnx")]);
});

test("another network's float accuracy is no baseline", async () => {
  const data = ["--data", shop.path("data.npz"), "--model", shop.path("other.onnx")];
  const { code, error } = await onImage("evaluate", ...data);
  expect([code, error]).toEqual([
    1,
    expect.stringContaining("needs the model that the image was compiled from, model.onnx"),
  ]);
});

test("data of another shape are named, and refused before anything is compiled", async () => {
  writeFileSync(shop.path("wide.npy"), writeNpy(tensor("float32", [2, 34], new Float32Array(68))));
  const needed = /wide\.npy: input x.* needs samples of .*\[33\]/;
  const early = await compile("model.onnx", "never.xbi", "--eval", shop.path("wide.npy"));
  expect(early.code).toBe(1);
  expect(early.error).toMatch(needed);
  expect(existsSync(shop.path("never.xbi"))).toBe(false);
  const late = await onImage("evaluate", "--data", shop.path("wide.npy"));
  expect(late.code).toBe(1);
  expect(late.error).toMatch(/wide\.npy: input x: needs samples of shape \[33\].*reshape the data/);
});
