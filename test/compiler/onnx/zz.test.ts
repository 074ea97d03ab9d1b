import { readFileSync, readdirSync } from "node:fs";
import { test } from "vitest";
import { shared } from "../../support/shared.ts";
import { readNpz } from "../../support/read-npz.ts";
import { existsSync } from "node:fs";
import { parseOnnx } from "../../../compiler/onnx/parse.ts";
import { importGraph } from "../../../compiler/onnx/import.ts";
import { serializeGraph } from "../../../compiler/onnx/serialize.ts";
import { onnxruntimeNode } from "../../../runtime/float-executor.ts";
import { toNumbers } from "../../../compiler/ir/tensor.ts";
import { XbcError } from "../../../compiler/errors.ts";

test("all", async () => {
  const root = shared("models")!;
  const ex = (await onnxruntimeNode())!;
  for (const dir of readdirSync(root)) {
    if (dir === "node-tests" || dir.includes(".")) continue;
    for (const f of readdirSync(`${root}/${dir}`)) {
      if (!f.endsWith(".onnx")) continue;
      const path = `${root}/${dir}/${f}`;
      let line = `${dir}/${f}: `;
      try {
        const t = performance.now();
        const g = importGraph(parseOnnx(readFileSync(path)));
        const ms = performance.now() - t;
        const unknown = g.nodes.flatMap((n) => n.outputs).filter((o) => o && (g.values.get(o)?.shape ?? [null]).some((d) => d === null));
        line += `${g.nodes.length} nodes ${ms.toFixed(0)}ms, no shape: ${unknown.length} ${unknown.slice(0, 3)} ${g.warnings.slice(0,2)}`;
        try {
          const s = await ex.load(serializeGraph(g));
          const npz = path.replace(".onnx", ".ort.npz");
          if (existsSync(npz)) {
            const a = readNpz(npz);
            const r = await s.run(new Map(g.inputs.map((n, i) => [n, a.get(`in_${i}`)!])));
            g.outputs.forEach((o, i) => {
              const e = a.get(`out_${i}`); const got = r.get(o)!;
              if (!e) { line += ` noexp${i}`; return; }
              const x = toNumbers(e), y = toNumbers(got); let d = 0, m = 0;
              for (let k = 0; k < x.length; k++) { d = Math.max(d, Math.abs(x[k] - y[k])); m = Math.max(m, Math.abs(x[k])); }
              const st = g.values.get(o);
              const bad = st?.shape?.some((v, k) => typeof v === "number" && v !== got.shape[k]) || st?.shape?.length !== got.shape.length;
              line += ` d=${d.toExponential(1)}/${m.toPrecision(3)}${x.length !== y.length ? "LEN" : ""}${bad ? `BADSHAPE ${st?.shape} vs ${got.shape}` : ""}`;
            });
          } else line += " runs";
          await s.release();
        } catch (e) { line += ` EXEC ${(e as Error).message.slice(0, 250)}`; }
      } catch (e) { line += e instanceof XbcError ? `REFUSED ${e.code} ${e.message}` : `CRASH ${(e as Error).stack}`; }
      console.log(line);
    }
  }
}, 300000);
