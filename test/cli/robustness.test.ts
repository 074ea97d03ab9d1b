/** What is killed, stopped or out of room leaves no output file, and an older one as it was. Needs dist/, as `npm test` builds it. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildModel, floats } from "../support/build-onnx.ts";

const main = join(dirname(fileURLToPath(import.meta.url)), "../../dist/cli/main.js");
const size = 900;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "xbc-robust-"));
  const signs = Array.from({ length: size * size }, (_, k) => ((k * 7919) % 13 < 6 ? 1 : -1));
  const model = buildModel({
    inputs: { x: ["float32", ["n", size]] },
    outputs: { y: ["float32", ["n", size]] },
    constants: {
      half: floats([], [0.5]),
      one: floats([], [1]),
      minus: floats([], [-1]),
      w: floats([size, size], signs),
    },
    nodes: [
      ["GreaterOrEqual", ["x", "half"], ["lit"]],
      ["Where", ["lit", "one", "minus"], ["code"]],
      ["MatMul", ["code", "w"], ["y"], {}, "fc"],
    ],
  });
  writeFileSync(join(folder, "model.onnx"), model);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A folder of its own, for what a test leaves. */
function place(name: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  return path;
}

/** `--store` makes the image 1.6 MB, so that it is some time in writing. */
const argv = (output: string): readonly string[] => [
  main,
  ...["compile", join(folder, "model.onnx"), "--target", "2t2r", "--store", "-o", output],
];

const ended = (child: ChildProcess): Promise<{ code: number | null; signal: string | null }> =>
  new Promise((resolve) => child.on("close", (code, signal) => resolve({ code, signal })));

/** Sends a signal as soon as something is being written. */
async function stoppedInWrite(output: string, signal: NodeJS.Signals) {
  const before = readdirSync(dirname(output)).length;
  const child = spawn(process.execPath, argv(output), { stdio: "ignore" });
  const end = ended(child);
  while (child.exitCode === null && readdirSync(dirname(output)).length === before) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  child.kill(signal);
  return end;
}

/** Through a shell, which sets a bound and then becomes xbc. */
const inShell = (script: string, output: string) => {
  const { status, stderr } = spawnSync(
    "sh",
    ["-c", script, "sh", process.execPath, ...argv(output)],
    {
      encoding: "utf8",
    },
  );
  return { status, lines: stderr.trimEnd().split("\n") };
};

const hasShell = existsSync("/bin/sh");

describe.skipIf(!existsSync(main))(
  "a file appears whole or not at all (after npm run build)",
  () => {
    test("kill -9 while it is written leaves no file of its name, and the next run works", async () => {
      const output = join(place("killed"), "image.xbi");
      const { signal } = await stoppedInWrite(output, "SIGKILL");
      expect(signal).toBe("SIGKILL");
      expect(existsSync(output)).toBe(false);
      expect(spawnSync(process.execPath, argv(output)).status).toBe(0);
      expect(readFileSync(output).subarray(0, 4).toString("latin1")).toBe("PK\x03\x04");
    });

    test("kill -9 while it is written over an older file leaves the older one", async () => {
      const output = join(place("killed-over"), "image.xbi");
      writeFileSync(output, "older");
      await stoppedInWrite(output, "SIGKILL");
      expect(readFileSync(output, "utf8")).toBe("older");
    });

    test("SIGINT ends it with 130, keeps the older file and leaves nothing beside it", async () => {
      const output = join(place("stopped"), "image.xbi");
      writeFileSync(output, "older");
      const { code } = await stoppedInWrite(output, "SIGINT");
      expect(code).toBe(130);
      expect(readFileSync(output, "utf8")).toBe("older");
      expect(readdirSync(dirname(output))).toEqual(["image.xbi"]);
    });

    test.skipIf(!hasShell)(
      "a bound on the size of files ends in exit 1, one line, the older file",
      () => {
        const output = join(place("bounded"), "image.xbi");
        writeFileSync(output, "older");
        // in blocks of 512 bytes: 256 KiB; without the ignored signal the system would kill
        const { status, lines } = inShell('trap "" XFSZ; ulimit -f 512; exec "$@"', output);
        expect(status).toBe(1);
        expect(lines).toHaveLength(1);
        expect(lines[0]).toMatch(/^xbc compile: .*image\.xbi: needs a place to write to, found/);
        expect(readFileSync(output, "utf8")).toBe("older");
        expect(readdirSync(dirname(output))).toEqual(["image.xbi"]);
      },
    );

    test("a full disk ends in exit 1, one line, and no file (skipped where none can be mounted)", (context) => {
      const disk = place("disk");
      const mounted =
        spawnSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", disk]).status === 0;
      if (!mounted) context.skip("a file system can be mounted by root alone");
      try {
        const output = join(disk, "image.xbi");
        const { status, stderr } = spawnSync(process.execPath, argv(output), { encoding: "utf8" });
        expect(status).toBe(1);
        expect(stderr.trimEnd().split("\n")).toHaveLength(1);
        expect(stderr).toMatch(
          /image\.xbi: needs a place to write to, found no space left on the device/,
        );
        expect(readdirSync(disk)).toEqual([]);
      } finally {
        spawnSync("umount", [disk]);
      }
    });

    test.skipIf(!existsSync("/dev/full"))(
      "a device that is full ends in exit 1 and one line",
      () => {
        const { status, stderr } = spawnSync(process.execPath, argv("/dev/full"), {
          encoding: "utf8",
        });
        expect(status).toBe(1);
        expect(stderr).toMatch(
          /^xbc compile: \/dev\/full: needs a place to write to, found no space.*\n$/,
        );
      },
    );
  },
);
