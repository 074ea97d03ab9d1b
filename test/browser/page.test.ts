import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile, hashImage, run } from "../../index.ts";
import { mnistTest } from "../support/mnist.ts";

const root = join(import.meta.dirname, "../..");
const chromium = ["chromium", "chromium-browser", "google-chrome"].find(
  (name) => spawnSync(name, ["--version"]).status === 0,
);
const model = readFileSync(join(root, "examples/mnist/binary.onnx"));
const digits = mnistTest().x.data.slice(0, 40 * 784);
const ortFolder = join(root, "node_modules/onnxruntime-web/dist");

type Files = ReadonlyMap<string, Uint8Array | string>;

/** Files of the page by path: the bundle, the model, the digits, and what onnxruntime-web loads beside itself. */
async function pageFiles(): Promise<Files> {
  const bundle = await rolldown({
    input: join(root, "test/browser/page.ts"),
    cwd: root,
    platform: "browser",
    external: [/^node:/],
    logLevel: "silent",
  });
  const { output } = await bundle.generate({ format: "esm" });
  await bundle.close();
  const chunks = output.map((part): [string, Uint8Array | string] => [
    `/${part.fileName}`,
    part.type === "chunk" ? part.code : part.source,
  ]);
  const entry = output[0].fileName;
  return new Map<string, Uint8Array | string>([
    ...chunks,
    ["/", `<!doctype html><script type="module" src="/${entry}"></script>`],
    ["/model.onnx", model],
    ["/digits", Uint8Array.from(digits, Number)],
  ]);
}

const mimeOf = (path: string) =>
  path.endsWith("js")
    ? "text/javascript"
    : path.endsWith(".wasm")
      ? "application/wasm"
      : path === "/"
        ? "text/html"
        : "application/octet-stream";

describe.runIf(chromium)("in a page of Chromium (skipped where there is none)", () => {
  let files: Files;
  let expected: unknown;
  beforeAll(async () => {
    files = await pageFiles();
    const image = await compile(model, { name: "model.onnx", target: "2t2r" });
    const x = { type: "uint8", shape: [40, 784], data: Uint8Array.from(digits, Number) } as const;
    const logits = async (options: Parameters<typeof run>[2]) =>
      [...((await run(image, x, options)).outputs.get("logits")?.data ?? [])].map(Number);
    expected = {
      hash: await hashImage(image),
      quiet: await logits({}),
      noisy: await logits({ noise: "all", seed: 3 }),
    };
  }, 180_000);

  test.each([
    { isolated: true, title: "cross-origin isolated, with threads" },
    { isolated: false, title: "not isolated, on its one thread" },
  ])(
    "$title: the image and every logit are those of Node, noise included",
    async ({ isolated }) => {
      expect(await visit(files, isolated)).toEqual({ isolated, ...Object(expected) });
    },
    180_000,
  );
});

const servers: Server[] = [];
const profiles: string[] = [];
afterAll(() => {
  for (const server of servers) server.close();
  for (const profile of profiles) rmSync(profile, { recursive: true, force: true });
});

/** What the page posts when Chromium opens it. */
async function visit(files: Files, isolated: boolean): Promise<unknown> {
  const profile = mkdtempSync(join(tmpdir(), "xbc-chromium-"));
  profiles.push(profile);
  const { server, answer } = serve(files, isolated);
  servers.push(server);
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || !address) throw new Error("no port");
  const options = ["--headless", "--no-sandbox", "--disable-gpu", `--user-data-dir=${profile}`];
  const browser = spawn(String(chromium), [...options, `http://127.0.0.1:${address.port}/`], {
    stdio: "ignore",
  });
  try {
    return await answer;
  } finally {
    browser.kill();
    await once(browser, "exit");
  }
}

/** A server of the page's files; `answer` is what the page posts to it. */
function serve(files: Files, isolated: boolean) {
  let post: (value: unknown) => void = () => {};
  const answer = new Promise<unknown>((resolve) => {
    post = resolve;
  });
  const isolation = isolated
    ? {
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
      }
    : {};
  const server = createServer(async (request, response) => {
    const path = request.url ?? "/";
    if (request.method === "POST") {
      const body = Buffer.concat(await request.toArray());
      response.end();
      post(JSON.parse(body.toString()));
      return;
    }
    const body =
      files.get(path) ?? (path.startsWith("/ort-") ? readFileSync(join(ortFolder, path)) : null);
    response.writeHead(body === null ? 404 : 200, { "Content-Type": mimeOf(path), ...isolation });
    response.end(body ?? "");
  }).listen(0, "127.0.0.1");
  return { server, answer };
}
