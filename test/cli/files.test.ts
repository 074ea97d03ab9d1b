import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { externalData, fileSource, removeTemporaries, writeAtomically } from "../../cli/files.ts";
import { forgetOpened } from "../../cli/opened-files.ts";

const folder = mkdtempSync(join(tmpdir(), "xbc-files-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (...names: string[]) => join(folder, ...names);

describe("writing a file", () => {
  test("it appears whole, and nothing else is left", async () => {
    await writeAtomically(at("whole"), async (sink) => {
      await sink.write(new Uint8Array([1, 2]));
      expect(readdirSync(folder)).not.toContain("whole");
      await sink.write(new Uint8Array([3]));
    });
    expect([...readFileSync(at("whole"))]).toEqual([1, 2, 3]);
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test("if its writer fails, the old file stays and no other does", async () => {
    writeFileSync(at("old"), "old");
    const failing = writeAtomically(at("old"), async (sink) => {
      await sink.write(new Uint8Array([1]));
      throw new RangeError("stop");
    });
    await expect(failing).rejects.toThrow(RangeError);
    expect(readFileSync(at("old"), "utf8")).toBe("old");
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test("it takes the rights of the file that it replaces, and goes through a link", async () => {
    writeFileSync(at("real"), "old");
    chmodSync(at("real"), 0o600);
    symlinkSync(at("real"), at("link"));
    await writeAtomically(at("link"), (sink) => sink.write(new Uint8Array([65])));
    expect(readFileSync(at("real"), "utf8")).toBe("A");
  });

  test("a stop removes what is half written", async () => {
    const stopped = writeAtomically(at("half"), async (sink) => {
      await sink.write(new Uint8Array([1]));
      expect(readdirSync(folder).some((name) => name.startsWith(".half."))).toBe(true);
      removeTemporaries();
    });
    await expect(stopped).rejects.toThrow(/half: needs a place to write to/);
    expect(readdirSync(folder).some((name) => name.includes("half"))).toBe(false);
  });

  test("a stop at any moment leaves nothing half written", async () => {
    for (let turns = 0; turns < 12; turns++) {
      const stopped = writeAtomically(at("any"), (sink) => sink.write(new Uint8Array([1])));
      const end = stopped.catch(() => "stopped");
      for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
      removeTemporaries();
      await end;
      expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    }
  });

  test("a file that the command reads is not written over, under no name of its", async () => {
    writeFileSync(at("input"), "input");
    symlinkSync(at("input"), at("alias"));
    const write = (path: string) => writeAtomically(path, (sink) => sink.write(new Uint8Array(1)));
    await (await fileSource(at("input"))).close();
    for (const name of ["input", "alias"])
      await expect(write(at(name))).rejects.toThrow(
        /needs a file of its own, found one that the command reads; name another/,
      );
    expect(readFileSync(at("input"), "utf8")).toBe("input");
    forgetOpened();
    await write(at("input"));
    expect(readFileSync(at("input"), "utf8")).not.toBe("input");
  });

  test("a folder, or a folder that is not there, is refused by its path", async () => {
    const write = (path: string) => writeAtomically(path, (sink) => sink.write(new Uint8Array(1)));
    await expect(write(folder)).rejects.toThrow(
      /needs the name of a file to write, found a folder/,
    );
    await expect(write(at("none", "x"))).rejects.toThrow(
      /none\/x: needs a place to write to, found no such file or folder/,
    );
  });

  test("a full disk is told", async () => {
    await expect(
      writeAtomically(at("full"), async () => {
        throw Object.assign(new Error("ENOSPC: no space"), { code: "ENOSPC" });
      }),
    ).rejects.toThrow(/full: needs a place to write to, found no space left on the device/);
  });

  test.skipIf(!existsSync("/dev/full"))("a device that is full is told too", async () => {
    const full = writeAtomically("/dev/full", (sink) => sink.write(new Uint8Array(10)));
    await expect(full).rejects.toThrow(
      /\/dev\/full: needs a place to write to, found no space left/,
    );
  });

  test("a device is written as it is", async () => {
    await writeAtomically("/dev/null", (sink) => sink.write(new Uint8Array(10)));
    expect(statSync("/dev/null").isFile()).toBe(false);
  });
});

describe("a file as a source", () => {
  test("gives the bytes that are asked for", async () => {
    writeFileSync(
      at("ten"),
      Uint8Array.from({ length: 10 }, (_, k) => k),
    );
    const source = await fileSource(at("ten"));
    expect(source.size).toBe(10);
    expect([...(await source.read(3, 4))]).toEqual([3, 4, 5, 6]);
    expect((await source.read(8, 9)).length).toBe(2);
    await source.close();
  });

  test("what is no file is refused", async () => {
    await expect(fileSource(at("missing"))).rejects.toThrow(
      /missing: needs a file that can be read, found no such/,
    );
    await expect(fileSource(folder)).rejects.toThrow(/found a folder/);
  });
});

describe("external data", () => {
  test("only the range that is asked for is read, only from the model's folder", async () => {
    mkdirSync(at("model", "sub"), { recursive: true });
    writeFileSync(at("secret"), "secret");
    writeFileSync(at("model", "weights.bin"), "0123456789");
    writeFileSync(at("model", "sub", "more.bin"), "abc");
    symlinkSync(at("secret"), at("model", "link.bin"));
    const read = await externalData(at("model", "m.onnx"));
    const text = (...args: Parameters<typeof read>) => Buffer.from(read(...args)).toString();
    expect(text("weights.bin", 2, 3)).toBe("234");
    expect(text("weights.bin", 8, null)).toBe("89");
    expect(text("sub/more.bin", 0, null)).toBe("abc");
    for (const location of ["../secret", "link.bin", at("secret")]) {
      expect(() => read(location, 0, null)).toThrow(/external data .*(outside|folder)/);
    }
    expect(() => read("weights.bin", 8, 5)).toThrow(
      /needs 5 bytes at offset 8, found a file of 10/,
    );
    expect(() => read("none.bin", 0, null)).toThrow(
      /external data none\.bin: needs a file in the model's folder/,
    );
    expect(() => read("sub", 0, null)).toThrow(/needs a file, found something else/);
  });
});
