/**
 * What a page does with the library: compiles the shipped network, runs it with and without noise on as many threads
 * as it is told, and posts what it found. Bundled and served by page.test.ts.
 */
import { compile, hashImage, run } from "../../index.ts";

const bytes = async (path: string): Promise<Uint8Array> =>
  new Uint8Array(await (await fetch(path)).arrayBuffer());

async function answer(): Promise<unknown> {
  const image = await compile(await bytes("/model.onnx"), { name: "model.onnx", target: "2t2r" });
  const data = await bytes("/digits");
  const x = { type: "uint8", shape: [data.length / 784, 784], data } as const;
  const logits = async (options: Parameters<typeof run>[2]) =>
    [...((await run(image, x, options)).outputs.get("logits")?.data ?? [])].map(Number);
  return {
    isolated: crossOriginIsolated,
    hash: await hashImage(image),
    quiet: await logits({ threads: 2 }),
    noisy: await logits({ threads: 2, noise: "all", seed: 3 }),
  };
}

const found = await answer().catch((error: unknown) => ({ error: String(error) }));
await fetch("/answer", { method: "POST", body: JSON.stringify(found) });
