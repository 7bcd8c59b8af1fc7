const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The text that these bytes are; `undefined` when they are not UTF-8. Nothing is mended: `Buffer.toString` would put
 * U+FFFD for what it cannot read, and different bytes would become the same text.
 */
export function utf8Of(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined; // it throws for nothing else
  }
}
