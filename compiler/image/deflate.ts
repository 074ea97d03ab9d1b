import { nodeZlib } from "./host.ts";

/** Bytes in parts, from memory or from somewhere slower. */
export type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Deflates a stream: level 1 in Node; in a page, whose CompressionStream has no level, as it does. */
export function deflated(chunks: Chunks): AsyncGenerator<Uint8Array> {
  const zlib = nodeZlib();
  if (zlib === null) return throughWeb(chunks, new CompressionStream("deflate-raw"));
  return throughNode(chunks, zlib.createDeflateRaw({ level: 1, chunkSize: 1 << 18 }));
}

/**
 * Inflates a stream. All of the input must belong to it.
 * @throws whatever the engine says of bytes that are no deflate stream, that are too few, or too many
 */
export async function* inflated(chunks: Chunks): AsyncGenerator<Uint8Array> {
  const zlib = nodeZlib();
  if (zlib === null) {
    yield* throughWeb(chunks, new DecompressionStream("deflate-raw"));
    return;
  }
  let given = 0;
  const counted = async function* () {
    for await (const chunk of chunks) {
      given += chunk.length;
      yield chunk;
    }
  };
  const inflater = zlib.createInflateRaw({ chunkSize: 1 << 18 });
  yield* throughNode(counted(), inflater);
  if (inflater.bytesWritten !== given) {
    throw new Error(`${given - inflater.bytesWritten} bytes follow the end of the deflate stream`);
  }
}

type NodeTransform = NodeJS.ReadWriteStream &
  AsyncIterable<Uint8Array> & { destroy: (error?: Error) => unknown; readonly destroyed: boolean };

async function* throughNode(chunks: Chunks, transform: NodeTransform): AsyncGenerator<Uint8Array> {
  let resume = (): void => undefined;
  transform.on("drain", () => resume());
  transform.on("close", () => resume());
  const drained = (): Promise<void> =>
    new Promise((resolve) => {
      resume = resolve;
      if (transform.destroyed) resolve();
    });
  // the next part is made while zlib's thread works on this one
  const feed = async (): Promise<void> => {
    const parts = iterator(chunks);
    for (let next = await parts.next(); !next.done && !transform.destroyed; ) {
      const full = !transform.write(next.value);
      const coming = parts.next();
      const room = full ? drained() : undefined;
      [next] = await Promise.all([coming, room]);
    }
    if (!transform.destroyed) transform.end();
  };
  const feeding = feed().catch((error: Error) => void transform.destroy(error));
  try {
    for await (const chunk of transform) {
      yield new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
    }
  } finally {
    transform.destroy();
    await feeding;
  }
}

async function* iterator(chunks: Chunks): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

async function* throughWeb(
  chunks: Chunks,
  transform: CompressionStream | DecompressionStream,
): AsyncGenerator<Uint8Array> {
  const writer = transform.writable.getWriter();
  const feed = async (): Promise<void> => {
    for await (const chunk of chunks) await writer.write(new Uint8Array(chunk));
    await writer.close();
  };
  // what breaks a stream is told at its readable end; a source that fails breaks it
  const feeding = feed().catch((error) => writer.abort(error).catch(() => undefined));
  const reader = transform.readable.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel().catch(() => undefined);
    await feeding;
  }
}
