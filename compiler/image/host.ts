/**
 * What Node offers and a page does not: zlib and crypto as they run fastest. Null in a page, where the callers
 * take DecompressionStream and their own code. No import, so that a bundler sees nothing of Node.
 */
type NodeZlib = typeof import("node:zlib");
type NodeCrypto = typeof import("node:crypto");

const host: { getBuiltinModule?: typeof process.getBuiltinModule } =
  typeof process === "undefined" ? {} : process;

export function nodeZlib(): NodeZlib | null {
  return host.getBuiltinModule?.("node:zlib") ?? null;
}

export function nodeCrypto(): NodeCrypto | null {
  return host.getBuiltinModule?.("node:crypto") ?? null;
}
