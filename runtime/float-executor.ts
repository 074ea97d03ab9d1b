import type { InferenceSession, Tensor as RuntimeTensor } from "onnxruntime-web";
import type { FloatExecutor, FloatSession } from "../compiler/define.ts";
import { XbcError } from "../compiler/errors.ts";
import type { ElementType, Tensor } from "../compiler/ir/tensor.ts";
import { tensor, viewBytes } from "../compiler/ir/tensor.ts";

/** onnxruntime-web, or onnxruntime-node, which has the same form. */
type Runtime = typeof import("onnxruntime-web");

/** One thread and no graph optimization: each operator rounds as the model writes it. */
const sessionOptions: InferenceSession.SessionOptions = {
  graphOptimizationLevel: "disabled",
  executionMode: "sequential",
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  logSeverityLevel: 4,
};

/** What onnxruntime refuses is told by our error; it prints nothing of its own. */
const runOptions: InferenceSession.RunOptions = { logSeverityLevel: 4 };

/**
 * The default executor: onnxruntime's WebAssembly build, the same bits on any CPU. It is loaded when the
 * first model is.
 */
export function onnxruntimeWeb(): FloatExecutor {
  const runtime = once(async () => {
    const ort = await import("onnxruntime-web");
    ort.env.wasm.numThreads = 1;
    ort.env.logLevel = "fatal";
    return ort;
  });
  return {
    name: "onnxruntime-web",
    load: async (onnx) => loadSession(await runtime(), "onnxruntime-web", onnx),
  };
}

/**
 * The native build, where the user has installed it: faster, and another implementation to compare with.
 * Its bits may differ between CPUs. Null where it is not installed.
 */
export async function onnxruntimeNode(): Promise<FloatExecutor | null> {
  const name: string = "onnxruntime-node";
  const found: ({ default?: Runtime } & Partial<Runtime>) | null = await import(
    /* @vite-ignore */ name
  ).catch(() => null);
  const ort = found?.default ?? found;
  if (!hasRuntime(ort)) return null;
  return { name, load: (onnx) => loadSession(ort, name, onnx) };
}

function hasRuntime(found: Partial<Runtime> | null): found is Runtime {
  return found?.InferenceSession !== undefined && found.Tensor !== undefined;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    made ??= make();
    return made;
  };
}

async function loadSession(ort: Runtime, name: string, onnx: Uint8Array): Promise<FloatSession> {
  const session = await ort.InferenceSession.create(onnx, sessionOptions).catch(
    (error: unknown) => {
      throw refusal(`${name}, loading a model`, error);
    },
  );
  return {
    run: async (feeds) => {
      const given: Record<string, RuntimeTensor> = {};
      for (const [key, value] of feeds) given[key] = toRuntime(ort, key, value);
      const results = await session.run(given, runOptions).catch((error: unknown) => {
        throw refusal(`${name}, running a model`, error);
      });
      return new Map(session.outputNames.map((key) => [key, fromRuntime(key, results[key])]));
    },
    release: () => session.release(),
  };
}

function toRuntime(ort: Runtime, name: string, value: Tensor): RuntimeTensor {
  const { type, data, shape } = value;
  if (type === "bfloat16") {
    throw new XbcError(
      "UNSUPPORTED",
      `tensor "${name}": needs a type that onnxruntime takes, found bfloat16; convert it to float32`,
    );
  }
  return new ort.Tensor(type, data, shape);
}

const elementTypes: Readonly<Record<string, ElementType | undefined>> = {
  float32: "float32",
  float64: "float64",
  float16: "float16",
  int8: "int8",
  uint8: "uint8",
  int16: "int16",
  uint16: "uint16",
  int32: "int32",
  uint32: "uint32",
  int64: "int64",
  uint64: "uint64",
  bool: "bool",
};

function fromRuntime(name: string, value: RuntimeTensor): Tensor {
  const type = elementTypes[value.type];
  const { data } = value;
  if (type === undefined || !ArrayBuffer.isView(data)) {
    throw new XbcError(
      "UNSUPPORTED",
      `value "${name}": needs a tensor of numbers, found ${value.type}; ask for another output of the model`,
    );
  }
  return tensor(
    type,
    value.dims,
    viewBytes(type, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  );
}

/** The runtime's message, its first line without the numbers in front. */
function refusal(where: string, error: unknown): XbcError {
  const text = error instanceof Error ? error.message : String(error);
  const line = text
    .split("\n")[0]
    .replace(/^.*?ERROR_MESSAGE: /, "")
    .slice(0, 300);
  return new XbcError(
    "BAD_MODEL",
    `${where}: needs a model that onnxruntime runs, found: ${line}; check the model with onnxruntime itself`,
  );
}
