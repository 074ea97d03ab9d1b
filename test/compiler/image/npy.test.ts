import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesSource, memorySink } from "../../../compiler/image/bytes.ts";
import { npyHeader, parseNpyHeader, readNpy, writeNpy } from "../../../compiler/image/npy.ts";
import { openNpz, readNpz, writeNpz } from "../../../compiler/image/npz.ts";
import { allocate, type ElementType, sizeOf, tensor } from "../../../compiler/ir/tensor.ts";

const types: readonly ElementType[] = [
  "float32",
  "float64",
  "float16",
  "bfloat16",
  "int8",
  "uint8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "int64",
  "uint64",
  "bool",
];

const tensors = () =>
  fc
    .tuple(
      fc.constantFrom(...types),
      fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 }),
      fc.integer(),
    )
    .map(([type, shape, salt]) => {
      const data = allocate(type, sizeOf(shape));
      const bytes = new Uint8Array(data.buffer);
      for (let k = 0; k < bytes.length; k++)
        bytes[k] = type === "bool" ? k & 1 : (k * 37 + salt) & 0xff;
      return tensor(type, shape, data);
    });

/** A .npy file with a header of one's own. */
const npy = (header: string, data: readonly number[] = [], version = 1): Uint8Array => {
  const text = new TextEncoder().encode(header);
  const length =
    version === 1
      ? [text.length & 255, text.length >> 8]
      : [text.length & 255, text.length >> 8, 0, 0];
  return Uint8Array.from([
    0x93,
    0x4e,
    0x55,
    0x4d,
    0x50,
    0x59,
    version,
    0,
    ...length,
    ...text,
    ...data,
  ]);
};

describe("npy", () => {
  test("writing and reading is the identity for every type and shape", () => {
    fc.assert(
      fc.property(tensors(), (made) => {
        const bytes = writeNpy(made);
        expect((bytes.length - made.data.byteLength) % 64).toBe(0);
        const back = readNpy(bytes, "x.npy");
        expect(back.type).toBe(made.type);
        expect(back.shape).toEqual(made.shape);
        expect(
          new Uint8Array(back.data.buffer, back.data.byteOffset, back.data.byteLength),
        ).toEqual(new Uint8Array(made.data.buffer));
      }),
    );
  });

  test("the header is a multiple of 64 bytes and says what NumPy writes", () => {
    const bytes = npyHeader("int32", [3]);
    expect(bytes.length).toBe(128);
    expect(new TextDecoder("latin1").decode(bytes.subarray(10)).trimEnd()).toBe(
      "{'descr': '<i4', 'fortran_order': False, 'shape': (3,), }",
    );
  });

  test("Fortran order comes out in row-major order", () => {
    const header = "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }\n";
    expect(readNpy(npy(header, [1, 4, 2, 5, 3, 6]), "x").data).toEqual(
      Uint8Array.from([1, 2, 3, 4, 5, 6]),
    );
  });

  test("big-endian bytes are swapped", () => {
    const header = "{'descr': '>i2', 'fortran_order': False, 'shape': (2,), }\n";
    expect(readNpy(npy(header, [1, 0, 0xff, 0xfe]), "x").data).toEqual(Int16Array.from([256, -2]));
  });

  test("versions 2 and 3 are read, and one field order is as good as another", () => {
    const header = "{'shape': (2,), 'fortran_order': False, 'descr': '|i1'}";
    for (const version of [2, 3]) {
      expect(readNpy(npy(header, [5, 255], version), "x").data).toEqual(Int8Array.from([5, -1]));
    }
  });

  test.each([
    ["no magic", new Uint8Array(40), /no NumPy magic/],
    ["a version from the future", npy("{}", [], 4), /found 4\.0/],
    ["objects", npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"), /needs one of/],
    [
      "records",
      npy("{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (1,), }"),
      /records are not read/,
    ],
    ["complex numbers", npy("{'descr': '<c8', 'fortran_order': False, 'shape': (0,), }"), /"<c8"/],
    [
      "a negative shape",
      npy("{'descr': '<i4', 'fortran_order': False, 'shape': (-1,), }"),
      /needs 'descr'/,
    ],
    [
      "a shape beyond all bounds",
      npy("{'descr': '|i1', 'fortran_order': False, 'shape': (99999999, 99999999), }"),
      /needs a shape/,
    ],
    [
      "too few data",
      npy("{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }", [1, 2, 3]),
      /needs 8 bytes .* found 3/,
    ],
    [
      "too many data",
      npy("{'descr': '|i1', 'fortran_order': False, 'shape': (), }", [1, 2]),
      /needs 1 bytes .* found 2/,
    ],
    [
      "a key twice",
      npy("{'descr': '|i1', 'descr': '|i1', 'fortran_order': False, 'shape': (), }"),
      /twice/,
    ],
  ])("%s is refused", (_, bytes, message) => {
    expect(() => readNpy(bytes, "x.npy")).toThrow(message);
    expect(() => readNpy(bytes, "x.npy")).toThrow(/^x\.npy: /);
  });

  test("a long header of blanks is refused at once", () => {
    const start = performance.now();
    expect(() => parseNpyHeader(npy(`{'descr': '<i4',${" ".repeat(9000)}!`), "x")).toThrow(
      /needs 'descr'/,
    );
    expect(performance.now() - start).toBeLessThan(500);
  });
});

describe("npz", () => {
  test("writing and reading is the identity, and arrays come by name", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(tensors(), { maxLength: 4 }), fc.boolean(), async (made, store) => {
        const sink = memorySink();
        await writeNpz(
          sink,
          made.map((tensor, k) => [`a${k}`, tensor] as const),
          { store },
        );
        const back = await readNpz(bytesSource(sink.bytes()), "x.npz");
        expect([...back.keys()]).toEqual(made.map((_, k) => `a${k}`));
        made.forEach((tensor, k) => {
          expect(back.get(`a${k}`)?.data.length).toBe(tensor.data.length);
          expect(writeNpy(back.get(`a${k}`) ?? tensor)).toEqual(writeNpy(tensor));
        });
      }),
      { numRuns: 40 },
    );
  });

  test("an array that is not there is null", async () => {
    const sink = memorySink();
    await writeNpz(sink, []);
    const npz = await openNpz(bytesSource(sink.bytes()), "x.npz");
    expect(npz.names).toEqual([]);
    expect(await npz.get("x")).toBeNull();
  });
});
