/** Lines joined to chunks of about 64 kB, so that a file is not written line by line. */
export async function* textChunks(
  lines: AsyncIterable<string>,
  enough = 1 << 16,
): AsyncGenerator<string> {
  let chunk = "";
  for await (const line of lines) {
    chunk += line;
    if (chunk.length < enough) continue;
    yield chunk;
    chunk = "";
  }
  if (chunk !== "") yield chunk;
}

/** A field of CSV, quoted where it must be (RFC 4180). */
export function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
